// What the tests of channels share. The layers beside and above (sync, time) are not to be used here.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "chan/access.hpp"
#include "goro/chan.hpp"
#include "goro/go.hpp"
#include "goro/panic.hpp"
#include "goro/select.hpp"

namespace goro::chan_test {

using namespace std::chrono_literals;

// Waits for what must come true. False after a time that no healthy program needs.
template <class Condition>
bool eventually(Condition condition) {
  const auto give_up = std::chrono::steady_clock::now() + 60s;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > give_up) {
      return false;
    }
    yield();
  }
  return true;
}

// Runs `body` in the main goroutine with 1, 2 and 4 processors.
template <class F>
void sweep(F body) {
  const int before = gomaxprocs();
  for (const int n : {1, 2, 4}) {
    SCOPED_TRACE("gomaxprocs " + std::to_string(n));
    gomaxprocs(n);
    run([&] { body(); });
    EXPECT_TRUE(eventually([] { return num_goroutine() == 0; }));
  }
  gomaxprocs(before);
}

template <class F>
std::string panic_of(F f) {
  try {
    f();
  } catch (const panic_error& e) {
    return e.what();
  }
  return "no panic";
}

inline bool has_receivers(const detail::chan_handle& ch) {
  return (ch.core()->state() & detail::chan_core::receivers) != 0;
}
inline bool has_senders(const detail::chan_handle& ch) {
  return (ch.core()->state() & detail::chan_core::senders) != 0;
}
inline bool is_unlocked(const detail::chan_handle& ch) { return (ch.core()->state() & detail::chan_core::locked) == 0; }

// How many links stand in the queues, those of calls that are over included.
inline std::size_t queued(const detail::chan_handle& ch) {
  detail::chan_access channel(*ch.core());
  channel.lock();
  const std::size_t n = channel.queued();
  channel.unlock();
  return n;
}

}  // namespace goro::chan_test
