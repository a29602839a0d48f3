// A channel that may only be sent to cannot be received from.
// expect: no member named .+recv
#include "goro/chan.hpp"

void f(const goro::send_chan<int>& ch) { (void)ch.recv(); }
