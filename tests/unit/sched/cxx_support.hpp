// Shared by the tests of what C++ demands of goroutines. Public interface only.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <type_traits>

#include "goro/go.hpp"

namespace goro::cxx_test {

// Calls f(0) … f(count - 1), each in a goroutine of its own, on `processors` processors; returns when all have ended.
template <class F>
void in_goroutines(int processors, int count, const F& f) {
  gomaxprocs(processors);
  std::atomic<int> left{count};
  run([&] {
    for (int i = 0; i < count; ++i) {
      go([&, i] {
        defer ended{[&] { left.fetch_sub(1); }};
        f(i);
      });
    }
    while (left.load() != 0) {
      yield();
    }
  });
}

inline void yield_often(int times) {
  for (int i = 0; i < times; ++i) {
    yield();
  }
}

// Tests that hold for any number of processors.
class OnProcessors : public testing::TestWithParam<int> {};

}  // namespace goro::cxx_test
