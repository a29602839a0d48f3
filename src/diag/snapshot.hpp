// What all goroutines did at one moment: taken while the program stands still, looked at when it goes on.
#pragma once

#include <array>
#include <span>

#include "diag/call_stack.hpp"
#include "diag/scratch.hpp"
#include "sched/inspect.hpp"

namespace goro::diag {

struct shared_calls {
  call_stack calls;
  std::uint64_t hash;
  shared_calls* next;
  std::uint64_t shown_hash = 0;  // for all_goroutines.cpp: of what a trace shows of them
};

struct seen_goroutine {
  sched::goroutine_view who;  // the name is a copy; other pointers must not be followed once the program goes on
  shared_calls* shared;  // null: it runs elsewhere, or has not begun; the same one for all that stand in the same calls

  const call_stack* calls() const noexcept { return shared != nullptr ? &shared->calls : nullptr; }
};

class snapshot {
 public:
  enum calls_wanted : bool { without_calls, with_calls };

  // Sorted by id. A goroutine that runs is seen without its calls. Empty when the world could not be paused, or memory is refused.
  // Needs some room on the stack (roomy_stack.hpp).
  snapshot(const sched::paused_world& world, scratch& memory, calls_wanted wanted = with_calls) noexcept;
  snapshot(const snapshot&) = delete;
  snapshot& operator=(const snapshot&) = delete;

  std::span<const seen_goroutine> goroutines() const noexcept { return {first_, count_}; }
  // Walks the calls of one of them that waits, after all: the pause is still on.
  void find_calls(const seen_goroutine& g) noexcept;

 private:
  static constexpr unsigned bucket_bits = 10;

  void note(const sched::goroutine_view& who) noexcept;
  shared_calls* intern(const call_stack& calls) noexcept;

  struct noted {
    seen_goroutine seen;
    noted* next;
  };

  scratch& memory_;
  noted* notes_ = nullptr;
  seen_goroutine* first_ = nullptr;
  std::size_t count_ = 0;
  std::array<shared_calls*, std::size_t{1} << bucket_bits> buckets_{};
};

}  // namespace goro::diag
