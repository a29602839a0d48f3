// The memory of a modelled execution: what each thread may read.
//
// Every atomic variable is a location with a list of messages, the values stored to it in the order of the execution. A
// thread may read any message that is not older than what it knows of: what it read or wrote there itself, and what it
// learnt by synchronizing with others. So a load that lacks its acquire, or a store that lacks its release, shows
// itself: the reader keeps an old view of everything else. This is the operational form of C++'s model for
// release/acquire and relaxed operations and for sequentially consistent ones and fences (Kang et al., "A promising
// semantics for relaxed-memory concurrency", 2017, without promises).
//
// Not modelled: a relaxed load that reads what is stored later (load buffering), and stores of different threads to one
// location that land in another order than they are executed in. Neither happens on x86; the first not on today's ARM
// processors either.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace goro::model {

inline constexpr unsigned most_threads = 6;
inline constexpr unsigned most_locations = 192;

// What a thread knows.
struct view {
  std::array<std::uint16_t, most_locations> seen{};  // by location: the oldest message it may still read
  std::array<std::uint16_t, most_threads> clock{};   // by thread: how much of it happens before

  void join_seen(const view& other) noexcept {
    for (unsigned i = 0; i < most_locations; ++i) {
      seen[i] = seen[i] < other.seen[i] ? other.seen[i] : seen[i];
    }
  }
  void join(const view& other) noexcept {
    join_seen(other);
    for (unsigned i = 0; i < most_threads; ++i) {
      clock[i] = clock[i] < other.clock[i] ? other.clock[i] : clock[i];
    }
  }
};

struct message {
  std::uint64_t value = 0;
  bool releases = false;
  view released{};  // what an acquiring reader learns
};

struct location {
  std::vector<message> messages;
  std::uint16_t last_seq_cst = 0;  // no sequentially consistent load reads what is older
  const void* address = nullptr;
};

}  // namespace goro::model
