// Two steps. The first takes notes under the locks of the scheduler and the stacks. The second walks the stacks, about
// a third of a microsecond a call: those of goroutines that wait hold still until the end of the pause, those that run
// are asked for theirs meanwhile.
#include "diag/snapshot.hpp"

#include <algorithm>

#include "sched/pause.hpp"

namespace goro::diag {
namespace {

std::uint64_t mix(std::uint64_t hash, std::uint64_t value) noexcept {
  return (hash ^ value) * 0x9E3779B97F4A7C15ULL + (hash >> 29);
}

template <class F>
void for_each_kept(const call_stack& calls, F f) noexcept {
  for (std::size_t i = 0; i < calls.size(); ++i) {
    if (i == call_stack::most_inner) {
      i += calls.elided();
    }
    f(i);
  }
}

std::uint64_t hash_of(const call_stack& calls) noexcept {
  std::uint64_t hash = calls.size();
  for_each_kept(calls, [&](std::size_t i) { hash = mix(hash, calls[i].next); });
  return hash;
}

bool equal(const call_stack& a, const call_stack& b) noexcept {
  bool same = a.size() == b.size();
  if (same) {
    for_each_kept(a, [&](std::size_t i) { same = same && a[i].next == b[i].next; });
  }
  return same;
}

}  // namespace

snapshot::snapshot(const sched::paused_world& world, scratch& memory, calls_wanted wanted,
                   base::nanoseconds time_to_answer) noexcept
    : memory_(memory) {
  if (!world) {
    return;
  }
  sched::for_each_goroutine(world, [this](const sched::goroutine_view& who) { note(who); });
  first_ = static_cast<seen_goroutine*>(memory_.allocate(count_ * sizeof(seen_goroutine)));
  if (first_ == nullptr) {
    count_ = 0;
    return;
  }
  seen_goroutine* next = first_;
  for (const noted* n = notes_; n != nullptr; n = n->next) {
    ::new (static_cast<void*>(next)) seen_goroutine{n->seen};
    ++next;
  }
  if (wanted == with_calls) {
    ask_those_that_run(world.own());
  }
  if (wanted != without_calls) {
    std::for_each_n(first_, count_, [this](const seen_goroutine& g) { find_calls(g); });
  }
  hear_those_that_run(base::now_ns() + time_to_answer);
  std::sort(first_, first_ + count_,
            [](const seen_goroutine& a, const seen_goroutine& b) { return a.who.id < b.who.id; });
}

void snapshot::ask_those_that_run(const sched::worker* except) noexcept {
  for (std::size_t i = 0; i < count_; ++i) {
    seen_goroutine& g = first_[i];
    if (g.who.worker_of == nullptr || g.who.worker_of == except) {
      continue;
    }
    if (asked_thread* asked = ask_for_calls(g.who)) {
      if (auto* added = memory_.make<expected_answer>(g, *asked, expected_)) {
        expected_ = added;
      } else {
        calls_told_by(*asked, 0);
      }
    }
  }
}

// All have the same time to answer: they do it side by side.
void snapshot::hear_those_that_run(base::nanoseconds deadline) noexcept {
  for (const expected_answer* e = expected_; e != nullptr; e = e->next) {
    if (const call_stack* calls = calls_told_by(e->asked, deadline)) {
      e->from.shared = intern(*calls);
    }
  }
  expected_ = nullptr;
}

void snapshot::find_calls(const seen_goroutine& g) noexcept {
  if (g.who.saved != nullptr) {
    first_[&g - first_].shared = intern(call_stack::parked(*g.who.saved));
  }
}

void snapshot::note(const sched::goroutine_view& who) noexcept {
  if (auto* n = memory_.make<noted>(seen_goroutine{who, nullptr}, notes_)) {
    n->seen.who.name = memory_.copy(who.name);
    notes_ = n;
    ++count_;
  }
}

shared_calls* snapshot::intern(const call_stack& calls) noexcept {
  const std::uint64_t hash = hash_of(calls);
  shared_calls*& bucket = buckets_[hash >> (64 - bucket_bits)];
  for (shared_calls* u = bucket; u != nullptr; u = u->next) {
    if (u->hash == hash && equal(u->calls, calls)) {
      return u;
    }
  }
  auto* added = memory_.make<shared_calls>(calls, hash, bucket);
  if (added != nullptr) {
    bucket = added;
  }
  return added;
}

}  // namespace goro::diag
