// A channel that may only be received from cannot be sent to.
// expect: no member named .+send
#include "goro/chan.hpp"

void f(const goro::recv_chan<int>& ch) { ch.send(1); }
