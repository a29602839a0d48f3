// expect: begin
#include "goro/chan.hpp"

void f(const goro::send_chan<int>& ch) {
  for (int v : ch) {
    (void)v;
  }
}
