// A select may not receive from a channel that is only sent to.
// expect: no matching function
#include "goro/select.hpp"

void f(const goro::send_chan<int>& ch) { goro::select(goro::recv_case(ch)); }
