// expect: f must be callable without arguments
#include "goro/wait_group.hpp"

void f(goro::wait_group& wg) {
  wg.go([](int) {});
}
