// What the tests of channels and select share.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <utility>

#include "goro/chan.hpp"
#include "goro/select.hpp"
#include "support.hpp"

namespace support {

using goro::chan;
using goro::chan_status;
using goro::make_chan;

// Lets the others run until they wait for something, most of the time. A check that follows can miss a fault; it cannot
// find one where there is none.
inline void let_others_run() {
  const auto yields = [] {
    for (int i = 0; i < 30; ++i) {
      goro::yield();
    }
  };
  goro::goroutine_id() != 0 ? yields() : in_goroutine(yields);
}

// Does f wait, as far as one can tell? When it does its goroutine is left behind: f must own all it uses.
template <class F>
bool blocks(F f) {
  struct progress {
    std::atomic<bool> begun{false};
    std::atomic<bool> ended{false};
  };
  auto seen = std::make_shared<progress>();
  goro::go([seen, f = std::move(f)]() mutable {
    seen->begun = true;
    f();
    seen->ended = true;
  });
  EXPECT_TRUE(eventually([&] { return seen->begun.load(); }));
  let_others_run();
  return !seen->ended;
}

// A value at once, or none.
template <class Chan>
auto try_recv(const Chan& c) -> decltype(c.recv()) {
  typename decltype(c.recv())::value_type value{};
  if (c.try_recv(value) != chan_status::success) {
    return std::nullopt;
  }
  return value;
}

// Fills the buffer with 0, 1, 2…
inline chan<int> full_chan(std::size_t capacity) {
  auto c = make_chan<int>(capacity);
  for (std::size_t i = 0; i < capacity; ++i) {
    c.send(static_cast<int>(i));
  }
  return c;
}

template <class T = int>
chan<T> closed_chan(std::size_t capacity = 0) {
  auto c = make_chan<T>(capacity);
  c.close();
  return c;
}

}  // namespace support
