// What all goroutines did at one moment: taken while the program stands still, looked at when it goes on.
#pragma once

#include <array>
#include <span>

#include "diag/call_stack.hpp"
#include "diag/running_calls.hpp"
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
  shared_calls* shared;       // null: not known, or it has not begun; the same one for all that stand in the same calls

  const call_stack* calls() const noexcept { return shared != nullptr ? &shared->calls : nullptr; }
};

class snapshot {
 public:
  enum calls_wanted : std::uint8_t { without_calls, with_calls_of_waiting, with_calls };

  // The program stands still meanwhile. A thread that runs answers within microseconds; one that wants to run has to
  // get a processor first.
  static constexpr base::nanoseconds usual_time_to_answer = 100'000'000;

  // Sorted by id. A goroutine that runs is seen without its calls if it does not tell them in time (running_calls.hpp),
  // and so is that of the caller. Empty when the world could not be paused, or memory is refused.
  // Needs some room on the stack (roomy_stack.hpp).
  snapshot(const sched::paused_world& world, scratch& memory, calls_wanted wanted = with_calls,
           base::nanoseconds time_to_answer = usual_time_to_answer) noexcept;
  snapshot(const snapshot&) = delete;
  snapshot& operator=(const snapshot&) = delete;

  std::span<const seen_goroutine> goroutines() const noexcept { return {first_, count_}; }
  // Walks the calls of one of them that waits, after all: the pause is still on.
  void find_calls(const seen_goroutine& g) noexcept;

 private:
  static constexpr unsigned bucket_bits = 10;

  void note(const sched::goroutine_view& who) noexcept;
  void ask_those_that_run(const sched::worker* except) noexcept;
  void hear_those_that_run(base::nanoseconds deadline) noexcept;
  shared_calls* intern(const call_stack& calls) noexcept;

  struct noted {
    seen_goroutine seen;
    noted* next;
  };

  // One that runs, of which the calls are asked for.
  struct expected_answer {
    seen_goroutine& from;
    asked_thread& asked;
    expected_answer* next;
  };

  scratch& memory_;
  expected_answer* expected_ = nullptr;
  noted* notes_ = nullptr;
  seen_goroutine* first_ = nullptr;
  std::size_t count_ = 0;
  std::array<shared_calls*, std::size_t{1} << bucket_bits> buckets_{};
};

}  // namespace goro::diag
