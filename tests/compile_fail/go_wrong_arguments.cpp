// A goroutine gets its own copies of the arguments, so it cannot take them by reference to non-const.
// expect: f must be callable with decayed copies of args
#include "goro/go.hpp"

void f() {
  int x = 0;
  goro::go([](int&) {}, x);
}
