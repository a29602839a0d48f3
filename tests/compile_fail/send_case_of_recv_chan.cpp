// A select may not send to a channel that is only received from.
// expect: no matching function
#include "goro/select.hpp"

void f(const goro::recv_chan<int>& ch) { goro::select(goro::send_case(ch, 1)); }
