// The workloads of goro's program. bench/compare/driver/catalogue.py says what each measures; the other runtimes' programs have the
// same shape under the same names.
#pragma once

#include "common/measure.hpp"

namespace compare {

figures spawn_batch(const request& r);
figures spawn_join(const request& r);
figures fib(const request& r);
figures skynet(const request& r);
figures parked(const request& r);

figures yield(const request& r);
figures mutex(const request& r);
figures mutex_contended(const request& r);

figures ping_pong(const request& r);
figures buffered(const request& r);
figures channel_alone(const request& r);

figures select_ready(const request& r);
figures select_blocking(const request& r);
figures select_default(const request& r);

figures timer_stop(const request& r);
figures timer_reset(const request& r);
figures sleeps(const request& r);
figures beside_loop(const request& r);

figures tcp_echo(const request& r);

}  // namespace compare
