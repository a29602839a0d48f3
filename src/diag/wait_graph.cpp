#include "diag/wait_graph.hpp"

#include <algorithm>
#include <utility>

namespace goro::diag {
namespace {

using sched::wait_reason;

bool waits_for_channel(const sched::goroutine_view& who) noexcept {
  return who.waits_for == wait_reason::chan_receive || who.waits_for == wait_reason::chan_send;
}

bool waits_for_sync_object(const sched::goroutine_view& who) noexcept {
  switch (who.waits_for) {
    case wait_reason::mutex_lock:
    case wait_reason::shared_mutex_lock:
    case wait_reason::shared_mutex_lock_shared:
    case wait_reason::wait_group_wait:
    case wait_reason::condition_wait:
    case wait_reason::semaphore_acquire:
    case wait_reason::once_wait:
    case wait_reason::latch_wait:
    case wait_reason::barrier_wait:
      return who.object != nullptr;
    default:
      return false;
  }
}

bool is_fed(const void* channel) noexcept {
  auto* hook = sched::channel_is_fed_hook.load(base::memory_order_acquire);  // sync: hook
  return hook == nullptr || hook(channel);
}

}  // namespace

bool waits_for_ever_by_itself(const sched::goroutine_view& who) noexcept {
  return who.waits_for == wait_reason::chan_receive_nil || who.waits_for == wait_reason::chan_send_nil ||
         who.waits_for == wait_reason::select_no_cases;
}

bool wait_graph::build() noexcept {
  if (!list_candidates() || !list_own_memory() || !list_targets() || targets_ == 0) {
    return false;
  }
  spreading_ = static_cast<std::uint32_t*>(memory_.allocate((targets_ + candidates_) * sizeof(std::uint32_t)));
  if (spreading_ == nullptr) {
    return false;
  }
  lowest_ = target_[0].low;
  highest_ = std::max_element(target_, target_ + targets_, [](const target& a, const target& b) {
               return a.high < b.high;
             })->high;
  connect();
  return true;
}

bool wait_graph::list_candidates() noexcept {
  candidate_ = static_cast<candidate*>(memory_.allocate(all_.size() * sizeof(candidate)));
  if (candidate_ == nullptr) {
    return false;
  }
  for (std::uint32_t i = 0; i < all_.size(); ++i) {
    const sched::goroutine_view& who = all_[i].who;
    if (who.state != sched::goroutine_state::waiting || who.saved == nullptr) {
      continue;
    }
    const bool waits = waits_for_channel(who) || waits_for_sync_object(who) || who.waits_for == wait_reason::select;
    if (waits_for_ever_by_itself(who) || (waits && !who.may_give_up && who.object != nullptr)) {
      add_candidate(i, who);
    }
  }
  return true;
}

void wait_graph::add_candidate(std::uint32_t number, const sched::goroutine_view& who) noexcept {
  const auto record = reinterpret_cast<word>(who.record);
  const std::size_t size = sched::record_size(*who.record);
  candidate_[candidates_++] = {.who = &all_[number],
                               .stack_low = reinterpret_cast<word>(who.saved->stack_pointer),
                               .stack_high = reinterpret_cast<word>(who.stack_high),
                               .closure_low = record,
                               .closure_high = record + size,
                               .number = number};
}

bool wait_graph::list_own_memory() noexcept {
  owned_ = static_cast<owned*>(memory_.allocate(2 * candidates_ * sizeof(owned)));
  if (owned_ == nullptr) {
    return false;
  }
  for (std::size_t i = 0; i < candidates_; ++i) {
    const candidate& c = candidate_[i];
    owned_[owned_count_++] = {.low = c.stack_low, .high = c.stack_high, .is_closure = false};
    owned_[owned_count_++] = {.low = c.closure_low, .high = c.closure_high, .is_closure = true};
  }
  std::sort(owned_, owned_ + owned_count_, [](const owned& a, const owned& b) { return a.low < b.low; });
  return true;
}

const wait_graph::owned* wait_graph::find_owned(word at) const noexcept {
  const owned* after =
      std::upper_bound(owned_, owned_ + owned_count_, at, [](word v, const owned& o) { return v < o.low; });
  return after != owned_ && at < after[-1].high ? after - 1 : nullptr;
}

bool wait_graph::list_targets() noexcept {
  std::size_t most = 0;
  for_each_wait([&](candidate&, word, word) { ++most; });
  target_ = static_cast<target*>(memory_.allocate((most + 1) * sizeof(target)));
  if (target_ == nullptr) {
    return false;
  }
  for_each_wait([&](candidate&, word low, word high) { target_[targets_++] = {.low = low, .high = high}; });
  std::sort(target_, target_ + targets_, [](const target& a, const target& b) { return a.low < b.low; });
  targets_ = static_cast<std::size_t>(
      std::unique(target_, target_ + targets_, [](const target& a, const target& b) { return a.low == b.low; }) -
      target_);
  return true;
}

// Calls f(candidate, low, high) for each target. What cannot be judged makes the candidate alive.
template <class F>
void wait_graph::for_each_wait(F f) noexcept {
  for (std::size_t i = 0; i < candidates_; ++i) {
    candidate& c = candidate_[i];
    const sched::goroutine_view& who = c.who->who;
    if (waits_for_channel(who)) {
      wait_for_channel(c, who.object, f);
    } else if (who.waits_for == wait_reason::select) {
      const auto& wait = *static_cast<const sched::select_wait*>(who.object);
      for (std::size_t n = 0; n < wait.count; ++n) {
        wait_for_channel(c, wait.channels[n], f);
      }
    } else if (waits_for_sync_object(who)) {
      wait_for_object(c, reinterpret_cast<word>(who.object), f);
    }
  }
}

template <class F>
void wait_graph::wait_for_channel(candidate& c, const void* channel, F f) noexcept {
  if (is_fed(channel)) {
    c.alive = true;
  } else {
    const auto low = reinterpret_cast<word>(channel);
    const std::size_t size = sched::channel_head_size.load(base::memory_order_relaxed);
    f(c, low, low + (size != 0 ? size - 1 : 0));
  }
}

template <class F>
void wait_graph::wait_for_object(candidate& c, word object, F f) noexcept {
  if (const owned* o = find_owned(object)) {
    f(c, o->low, o->high - 1);
  } else {
    c.alive = true;
  }
}

wait_graph::target* wait_graph::find(word value) noexcept {
  if (value < target_[0].low) {
    return nullptr;
  }
  target* after =
      std::upper_bound(target_, target_ + targets_, value, [](word v, const target& t) { return v < t.low; });
  target* t = after - 1;
  return value <= t->high ? t : nullptr;
}

void wait_graph::connect() noexcept {
  for_each_wait([this](candidate& c, word low, word) {
    target* t = find(low);
    add(t->waiters, static_cast<std::uint32_t>(&c - candidate_), t->alive);
  });
}

// When memory is refused, whatever depends on it counts as alive.
void wait_graph::add(link*& list, std::uint32_t to, bool& alive) noexcept {
  auto* added = memory_.make<link>(to, list);
  if (added != nullptr) {
    list = added;
  } else {
    alive = true;
  }
}

bool wait_graph::is_own_memory(word at) noexcept {
  const owned* o = find_owned(at);
  return (o != nullptr && o->is_closure) || is_in_channel(at);
}

bool wait_graph::is_in_channel(word at) noexcept {
  const target* t = find(at);
  return t != nullptr && t->high - t->low < sched::channel_head_size.load(base::memory_order_relaxed);
}

// Both are sorted by id.
bool wait_graph::is_candidate(const seen_goroutine& g) const noexcept {
  const candidate* c = std::lower_bound(candidate_, candidate_ + candidates_, &g,
                                        [](const candidate& a, const seen_goroutine* b) { return a.who < b; });
  return c != candidate_ + candidates_ && c->who == &g;
}

// Each gets into the list once: when it is found to be alive.
void wait_graph::spread_life() noexcept {
  std::size_t count = 0;
  const auto spread_from = [&](std::size_t number) { spreading_[count++] = static_cast<std::uint32_t>(number); };
  for (std::size_t i = 0; i < targets_; ++i) {
    if (target_[i].alive) {
      spread_from(i);
    }
  }
  for (std::size_t i = 0; i < candidates_; ++i) {
    if (candidate_[i].alive) {
      spread_from(targets_ + i);
    }
  }
  while (count != 0) {
    const std::uint32_t number = spreading_[--count];
    if (number < targets_) {
      for (const link* l = target_[number].waiters; l != nullptr; l = l->next) {
        if (!std::exchange(candidate_[l->to].alive, true)) {
          spread_from(targets_ + l->to);
        }
      }
    } else {
      for (const link* l = candidate_[number - targets_].reaches; l != nullptr; l = l->next) {
        if (!std::exchange(target_[l->to].alive, true)) {
          spread_from(l->to);
        }
      }
    }
  }
}

}  // namespace goro::diag
