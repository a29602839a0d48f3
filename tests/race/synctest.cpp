// Twins of synctest_test.go. The bubble is that of all cases (main.cpp).
#include "cases.hpp"
#include "goro/testing.hpp"

namespace race_cases {

using goro::testing::wait_idle;

RACE(SynctestGoroutinesExit) {
  auto& x = leaked(0);
  const auto f = [&] { x = 1; };
  goro::go(f);
  goro::go(f);
  wait_idle();
}
NO_RACE(SynctestGoroutinesExit) {
  auto& x = leaked(0);
  const auto f = [&] { x = 1; };
  goro::go(f);
  wait_idle();
  goro::go(f);
  wait_idle();
}
RACE(SynctestGoroutinesRecv) {
  auto& x = leaked(0);
  auto& c = channel<void>();
  const auto f = [&] {
    x = 1;
    c.recv();
  };
  goro::go(f);
  goro::go(f);
  c.close();
  wait_idle();
}
RACE(SynctestGoroutinesUnblocked) {
  auto& x = leaked(0);
  auto& c = channel<void>();
  const auto f = [&] {
    c.recv();
    x = 1;
  };
  goro::go(f);
  goro::go(f);
  c.close();
  wait_idle();
}
RACE(SynctestGoroutinesSleep) {
  auto& x = leaked(0);
  goro::go([&] {
    goro::sleep(1s);
    x = 1;
    goro::sleep(2s);
  });
  goro::go([&] {
    goro::sleep(2s);
    x = 1;
    goro::sleep(1s);
  });
  goro::sleep(5s);
}
RACE(SynctestTimers) {
  auto& x = leaked(0);
  const auto f = [&] { x = 1; };
  goro::after_func(1s, f);
  goro::after_func(2s, f);
  goro::sleep(5s);
}

}  // namespace race_cases
