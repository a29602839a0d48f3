// A thousand goroutines that yield all the time, until the end of the crowd: more than a worker takes at once, so that
// with one processor neither its own queue nor the global one is ever empty.
#pragma once

#include <atomic>

#include "goro/go.hpp"
#include "goro/wait_group.hpp"
#include "support.hpp"

namespace support {

class yielding_crowd {
 public:
  yielding_crowd() {
    for (long i = 0; i < size; ++i) {
      members_.go([this] {
        while (!stop_) {
          ++turns_;
          goro::yield();
        }
      });
    }
    EXPECT_TRUE(all_have_turns());
  }
  yielding_crowd(const yielding_crowd&) = delete;
  yielding_crowd& operator=(const yielding_crowd&) = delete;
  ~yielding_crowd() {
    stop_ = true;
    members_.wait();
  }

  // On a thread: returns when each has had a turn from now on, and so has everybody else whom one processor serves in
  // turn.
  bool all_have_turns() {
    const long before = turns_;
    return eventually([&] { return turns_ >= before + 2 * size; });
  }

 private:
  static constexpr long size = 1000;
  goro::wait_group members_;
  std::atomic<long> turns_{0};
  std::atomic<bool> stop_{false};
};

}  // namespace support
