// Readiness of descriptors, as the system reports it. Passive: who calls wait() gets what is ready; nothing here calls
// anybody.
//
// Edge-triggered: an event says that a descriptor *became* readable or writable since the last one, so who is told must
// go on until the system says "would block" before waiting for the next. An event may come twice, late, or without
// reason: it is a hint to try.
//
// One per process, made at first use and never destroyed. A back end implements it: epoll.cpp.
#pragma once

#include <cstdint>
#include <span>

#include "base/clock.hpp"

namespace goro::poll {

struct event {
  std::uint64_t token;  // what was given to add()
  bool readable;        // or at its end, or broken: a read will not block
  bool writable;        // or broken: a write will not block
  bool unusual;         // the peer has closed its side, urgent data, an error: a read may leave something behind
};

class poller {
 public:
  constexpr poller() noexcept = default;
  poller(const poller&) = delete;
  poller& operator=(const poller&) = delete;

  // 0, or the system's error number (no descriptors left). Once; before all other calls.
  int open() noexcept;

  // Reports `descriptor` with `token` (not 0) from now on. 0, or the system's error number: EPERM for files that are
  // always ready.
  int add(int descriptor, std::uint64_t token) noexcept;
  // No more. To be called while the descriptor is open. Events that a wait() has already taken may still be on their
  // way.
  void remove(int descriptor) noexcept;

  // What is ready now; any number of threads at once, each event goes to one of them.
  std::size_t look(std::span<event> events) noexcept;
  // Waits until something is ready, wake() is called, or `deadline` has passed; 0 in the latter two cases and now and
  // then without reason. One thread at a time.
  std::size_t wait(std::span<event> events, base::nanoseconds deadline) noexcept;
  // Ends the wait under way, or the next one if there is none.
  void wake() noexcept;

  static constexpr std::size_t most_events = 128;  // that one look or wait returns

 private:
  int epoll_ = -1;
  int bell_ =
      -1;  // an eventfd; stays readable until a wait() that it ended has read it, so a look() cannot take it away
};

}  // namespace goro::poll
