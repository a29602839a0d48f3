// Which goroutines wait for what, and who of them can reach what others wait for: the search for leaks
// (leak_search.hpp) fills it, and it tells who is left without anybody that could wake him.
//
// Goroutines that wait are *candidates*, what they wait for are *targets*: a channel, or the whole stack or closure of
// the candidate in which a sync object stands. Both are alive, or not known to be. Life spreads from a target to those
// that wait for it, and from a candidate to the targets that its own memory refers to.
//
// There may be a hundred thousand of each, and all may wait for the same: nothing here looks at all of them for each of
// them. What is looked for by address is sorted (the memory of candidates does not overlap), and life spreads by a list
// of those that it has just come to.
#pragma once

#include <cstdint>
#include <span>

#include "base/function_ref.hpp"
#include "diag/snapshot.hpp"

namespace goro::diag {

// For a nil channel, or in a select without cases.
bool waits_for_ever_by_itself(const sched::goroutine_view& who) noexcept;

class wait_graph {
 public:
  using word = std::uintptr_t;

  // Lists of numbers by number, in scratch memory.
  struct link {
    std::uint32_t to;
    link* next;
  };

  struct target {
    word low;
    word high;  // inclusive
    link* waiters = nullptr;
    bool alive = false;
  };

  struct candidate {
    const seen_goroutine* who;
    word stack_low;  // of what it uses
    word stack_high;
    word closure_low;
    word closure_high;
    link* reaches = nullptr;
    bool alive = false;
    std::uint32_t number;  // among all goroutines
  };

  wait_graph(std::span<const seen_goroutine> all, scratch& memory) noexcept : all_(all), memory_(memory) {}

  // False: nothing to look for, or memory is refused.
  bool build() noexcept;

  std::span<candidate> candidates() noexcept { return {candidate_, candidates_}; }
  bool is_candidate(const seen_goroutine& g) const noexcept;

  // Most words are not even near a target.
  bool is_in_range(word value) const noexcept { return value - lowest_ <= highest_ - lowest_; }
  // The target that the word refers to, or null.
  target* find(word value) noexcept;
  void add_reach(candidate& from, target& to) noexcept {
    add(from.reaches, static_cast<std::uint32_t>(&to - target_), to.alive);
  }

  // Is the word at this address part of a candidate's closure, or of the head of a channel that is a target? What such
  // a head refers to are those that wait for the channel.
  bool is_own_memory(word at) noexcept;

  void spread_life() noexcept;

 private:
  // The stack or the closure of a candidate.
  struct owned {
    word low;
    word high;  // exclusive
    bool is_closure;
  };

  bool list_candidates() noexcept;
  void add_candidate(std::uint32_t number, const sched::goroutine_view& who) noexcept;
  bool list_own_memory() noexcept;
  bool list_targets() noexcept;
  void connect() noexcept;
  void add(link*& list, std::uint32_t to, bool& alive) noexcept;
  const owned* find_owned(word at) const noexcept;
  bool is_in_channel(word at) noexcept;

  template <class F>
  void for_each_wait(F f) noexcept;
  template <class F>
  void wait_for_channel(candidate& c, const void* channel, F f) noexcept;
  template <class F>
  void wait_for_object(candidate& c, word object, F f) noexcept;

  const std::span<const seen_goroutine> all_;
  scratch& memory_;
  candidate* candidate_ = nullptr;
  std::size_t candidates_ = 0;
  target* target_ = nullptr;
  std::size_t targets_ = 0;
  word lowest_ = 0;  // of all targets
  word highest_ = 0;
  owned* owned_ = nullptr;  // by address
  std::size_t owned_count_ = 0;
  std::uint32_t* spreading_ =
      nullptr;  // room for each target, by number, and each candidate, by number beyond the targets
};

}  // namespace goro::diag
