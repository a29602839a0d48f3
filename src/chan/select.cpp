// select: a call that waits at several channels and goes on with one of them.
//
//   1. Look at all states without a lock. If some case looks ready, choose one of those uniformly, lock its channel
//      alone and try. Whatever is done to one channel while its case is ready is right, whatever the others are at that
//      moment.
//   2. If none looks ready at one moment (see none_is_ready), a select with a default is over.
//   3. Else lock all, in the order of their addresses, look again, and if there is still nothing link the one waiter in
//      every channel and park. Whoever claims it decides; the links that are left are taken out again one by one.
//
// The park's callback unlocks the channels one after the other, reading the list of them on the stack of the goroutine
// that parks. As soon as the first is unlocked somebody may wake it on another thread, but it gets no further than to
// the last channel the callback has not unlocked yet: it must lock each one but the winner's to take its link out.
// After the last unlock the callback reads nothing.
#include <algorithm>
#include <array>
#include <memory>
#include <span>

#include "base/random.hpp"
#include "chan/access.hpp"
#include "goro/detail/select_core.hpp"
#include "goro/select.hpp"
#include "sched/bubble.hpp"
#include "sched/inspect.hpp"
#include "sched/worker.hpp"

namespace goro::detail {
namespace {

constexpr std::size_t nobody = SIZE_MAX;

// A number below `bound`, by the worker's generator; on foreign threads by one that they share.
std::uint32_t random_below(std::uint32_t bound) noexcept {
  if (const auto chosen = sched::bubble::random_of_caller(bound)) {
    return *chosen;
  }
  sched::worker* w = sched::this_worker();
  if (w != nullptr) {
    return w->random.below(bound);
  }
  static base::atomic<std::uint64_t> calls{0};
  static const std::uint64_t seed = base::random_seed();
  base::random generator(seed + calls.fetch_add(1, base::memory_order_relaxed) * 0x9E3779B97F4A7C15ULL);
  generator.next();
  return generator.below(bound);
}

// Chooses one of those for which `is_ready` holds, each with the same chance; `nobody` when there are none.
template <class IsReady>
std::size_t choose(std::span<const select_entry> entries, IsReady is_ready) noexcept {
  std::size_t chosen = nobody;
  std::uint32_t found = 0;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (entries[i].core != nullptr && is_ready(entries[i])) {
      ++found;
      if (found == 1 || random_below(found) == 0) {
        chosen = i;
      }
    }
  }
  return chosen;
}

// For a race build: a send beside a close. Before anything else, as the operation itself may order them.
void note_if_send(const select_entry& entry, void* return_address) noexcept {
  if (entry.core != nullptr && entry.direction == chan_direction::send) {
    chan_access(*entry.core).note_send(return_address);
  }
}

attempt try_case(chan_access channel, const select_entry& entry, handover& rest) noexcept {
  return entry.direction == chan_direction::send ? channel.send(entry.cell, rest) : channel.receive(entry.cell, rest);
}

// Step 1. `nobody`: none looked ready, or those that did were not.
std::size_t try_one(std::span<const select_entry> entries, bool& passed, void* return_address) noexcept {
  for (;;) {
    const std::size_t chosen =
        choose(entries, [](const select_entry& entry) { return entry.looks_ready(entry.core->state()); });
    if (chosen == nobody) {
      return nobody;
    }
    const select_entry& entry = entries[chosen];
    chan_access channel(*entry.core);
    if (entry.direction == chan_direction::receive && chan_core::at_end(entry.core->state())) {
      channel.note_end();  // no lock: many goroutines may look at one closed channel
      passed = false;
      return chosen;
    }
    note_if_send(entry, return_address);
    handover rest;
    channel.lock();
    const attempt result = try_case(channel, entry, rest);
    channel.unlock();
    if (result != attempt::not_ready) {
      rest.complete();
      passed = result == attempt::done;
      return chosen;
    }
  }
}

// The channels of the cases, each once, in the order in which they are locked.
class lock_list {
 public:
  lock_list(std::span<const select_entry> entries, chan_core** room) noexcept : first_(room) {
    for (const select_entry& entry : entries) {
      if (entry.core != nullptr) {
        room[count_++] = entry.core;
      }
    }
    std::sort(first_, first_ + count_);
    const auto cases = count_;
    count_ = static_cast<std::size_t>(std::unique(first_, first_ + count_) - first_);
    repeats_ = count_ != cases;
  }

  // Does some channel stand in several cases?
  bool repeats() const noexcept { return repeats_; }

  void lock() const noexcept {
    for (std::size_t i = 0; i < count_; ++i) {
      chan_access(*first_[i]).lock();
    }
  }
  void unlock() const noexcept {
    chan_core* const* next = first_;
    chan_core* const* const end = first_ + count_;
    while (next != end) {
      chan_access(**next++).unlock();
    }
  }
  sched::select_wait all() const noexcept { return {reinterpret_cast<const void* const*>(first_), count_}; }
  static void unlock(void* list) noexcept { static_cast<const lock_list*>(list)->unlock(); }

 private:
  chan_core** first_;
  std::size_t count_ = 0;
  bool repeats_ = false;
};

// Room for what a select keeps for each case: on the stack for the usual ones.
constexpr std::size_t most_without_allocation = 8;
template <class T>
class per_case {
 public:
  explicit per_case(std::size_t count)
      : many_(count > most_without_allocation ? std::make_unique<T[]>(count) : nullptr) {}
  T* data() noexcept { return many_ != nullptr ? many_.get() : few_.data(); }

 private:
  std::array<T, most_without_allocation> few_{};
  std::unique_ptr<T[]> many_;
};

// The order in which the cases queue: random where a channel has several, since whoever comes meets the first of them.
void choose_order(std::span<std::size_t> order, bool random) noexcept {
  for (std::size_t i = 0; i < order.size(); ++i) {
    const std::size_t other = random ? random_below(static_cast<std::uint32_t>(i + 1)) : i;
    order[i] = order[other];
    order[other] = i;
  }
}

// Step 3 for those that found nothing: all channels locked.
select_choice wait_at_all(std::span<const select_entry> entries, std::span<const std::size_t> order, chan_link* links,
                          lock_list& locks) noexcept {
  sched::waiter self;
  for (const std::size_t i : order) {
    const select_entry& entry = entries[i];
    if (entry.core != nullptr) {
      chan_link& link = links[i];
      link.who = &self;
      link.cell = entry.cell;
      link.number = static_cast<std::uint32_t>(i);
      chan_access channel(*entry.core);
      channel.note_wait(self);
      entry.direction == chan_direction::send ? channel.enqueue_sender(link) : channel.enqueue_receiver(link);
    }
  }
  const sched::select_wait waits_for = locks.all();
  self.note_object(&waits_for);
  const std::uint32_t outcome = self.park(sched::wait_reason::select, &lock_list::unlock, &locks);
  const std::size_t winner = chan_link::number_of(outcome);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const select_entry& entry = entries[i];
    if (entry.core != nullptr && i != winner) {
      chan_access channel(*entry.core);
      channel.lock();
      entry.direction == chan_direction::send ? channel.unlink_sender(links[i]) : channel.unlink_receiver(links[i]);
      channel.unlock();
    }
  }
  return {winner, chan_link::passed(outcome)};
}

// Step 3. A case whose queue holds only links of calls that are over looks ready; trying it empties the queue.
bool select_locked(std::span<const select_entry> entries, bool wait, select_choice& choice, void* return_address) {
  for (const select_entry& entry : entries) {
    note_if_send(entry, return_address);
  }
  per_case<chan_core*> room(entries.size());
  per_case<chan_link> links(wait ? entries.size() : 0);
  per_case<std::size_t> order(wait ? entries.size() : 0);
  lock_list locks(entries, room.data());
  locks.lock();
  for (;;) {
    const std::size_t chosen = choose(entries, [](const select_entry& entry) {
      const chan_access channel(*entry.core);
      return entry.direction == chan_direction::send ? channel.may_send() : channel.may_receive();
    });
    if (chosen == nobody) {
      break;
    }
    handover rest;
    const attempt result = try_case(chan_access(*entries[chosen].core), entries[chosen], rest);
    if (result != attempt::not_ready) {
      locks.unlock();
      rest.complete();
      choice = {chosen, result == attempt::done};
      return true;
    }
  }
  if (!wait) {
    locks.unlock();
    return false;
  }
  const std::span in_order(order.data(), entries.size());
  choose_order(in_order, locks.repeats());
  choice = wait_at_all(entries, in_order, links.data(), locks);
  return true;
}

}  // namespace

select_choice select_or_wait(const select_entry* first, std::size_t count) {
  void* const return_address = __builtin_return_address(0);
  const std::span entries(first, count);
  preemption_point();
  select_choice choice{};
  choice.number = try_one(entries, choice.passed, return_address);
  if (choice.number != nobody) {
    return choice;
  }
  if (std::none_of(entries.begin(), entries.end(), [](const select_entry& e) { return e.core != nullptr; })) {
    wait_without_cases();
  }
  select_locked(entries, true, choice, return_address);
  return choice;
}

bool select_now(const select_entry* first, std::size_t count, select_choice& choice) {
  void* const return_address = __builtin_return_address(0);
  const std::span entries(first, count);
  preemption_point();
  choice.number = try_one(entries, choice.passed, return_address);
  return choice.number != nobody || select_locked(entries, false, choice, return_address);
}

void wait_without_cases() noexcept {
  for (;;) {
    sched::waiter who;
    who.park(sched::wait_reason::select_no_cases, nullptr, nullptr);
  }
}

}  // namespace goro::detail

namespace goro {

std::size_t select(std::span<select_case> cases) {
  constexpr std::size_t none = SIZE_MAX;
  detail::per_case<detail::select_entry> entries(cases.size());
  std::size_t otherwise = none;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    if (cases[i].held_ == nullptr) {
      continue;
    }
    entries.data()[i] = cases[i].held_->entry();
    if (cases[i].held_->is_default) {
      if (otherwise != none) {
        base::raise_panic("select: more than one default case");
      }
      otherwise = i;
    }
  }
  detail::select_choice choice{};
  if (otherwise == none) {
    choice = detail::select_or_wait(entries.data(), cases.size());
  } else if (!detail::select_now(entries.data(), cases.size(), choice)) {
    choice.number = otherwise;
  }
  cases[choice.number].held_->finish(choice.passed);
  return choice.number;
}

}  // namespace goro
