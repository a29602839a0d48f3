// What nearly every test includes, for CMake to precompile.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <goro/goro.hpp>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>
