// Only the sending side says that no more values will come.
// expect: no member named .+close
#include "goro/chan.hpp"

void f(const goro::recv_chan<int>& ch) { ch.close(); }
