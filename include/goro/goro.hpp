// The core of goro.
#pragma once

#include "goro/chan.hpp"
#include "goro/context.hpp"
#include "goro/debug.hpp"
#include "goro/defer.hpp"
#include "goro/errc.hpp"
#include "goro/future.hpp"
#include "goro/go.hpp"
#include "goro/panic.hpp"
#include "goro/select.hpp"
#include "goro/signal.hpp"
#include "goro/sync.hpp"
#include "goro/time.hpp"
