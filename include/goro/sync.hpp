// Everything that goroutines share data with, except channels.
#pragma once

#include "goro/barrier.hpp"
#include "goro/condition_variable.hpp"
#include "goro/errgroup.hpp"
#include "goro/latch.hpp"
#include "goro/local.hpp"
#include "goro/mutex.hpp"
#include "goro/once.hpp"
#include "goro/pool.hpp"
#include "goro/rate.hpp"
#include "goro/recursive_mutex.hpp"
#include "goro/semaphore.hpp"
#include "goro/shared_mutex.hpp"
#include "goro/singleflight.hpp"
#include "goro/sync_map.hpp"
#include "goro/wait_group.hpp"
