// Not even by an explicit conversion.
// expect: no matching function|no matching conversion
#include "goro/chan.hpp"

void f(const goro::send_chan<int>& ch) { (void)goro::recv_chan<int>(ch); }
