// A search for references, as a conservative garbage collector makes it, but backwards: from the few objects that goroutines wait for.
//
// A *candidate* is a goroutine that waits without a deadline for a channel, or for a sync object that stands on the stack or in the closure
// of a candidate. What it waits for is a *target*: the address of the channel, or that whole stack or closure. Memory is looked through
// for words that equal a target (lie in it); whatever holds one may act on it. Found in memory that does not belong to a candidate,
// the target is alive, and so are those who wait for it; found in a candidate's own memory (its frames and its closure) it is alive when that
// candidate is. What is not alive in the end can only be woken by those who wait for the same kind of thing themselves: for ever.
//
// This errs towards life only. Memory that is free, or a dead part of a frame, may hold an old address: then a leak is not found. All
// private writable memory is read (memory_walk.hpp), the heap as one: an object on the heap that only a candidate refers to counts as
// somebody else's. An address that is kept otherwise than as a word (compressed, in a file) is not seen, nor one
// that a running thread has only in a register.
//
// Everything the search writes lies in its own scratch memory and in frames below `here`, which it leaves out.
#include "diag/leak_search.hpp"

#include <algorithm>

#include "diag/memory_walk.hpp"
#include "sched/pause.hpp"

namespace goro::diag {
namespace {

using sched::wait_reason;
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

bool waits_for_ever_by_itself(const sched::goroutine_view& who) noexcept {
  return who.waits_for == wait_reason::chan_receive_nil || who.waits_for == wait_reason::chan_send_nil ||
         who.waits_for == wait_reason::select_no_cases;
}

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

class search {
 public:
  search(const snapshot& all, scratch& memory, const std::byte* here, bool* certain) noexcept
      : snapshot_(all),
        all_(all.goroutines()),
        memory_(memory),
        here_(reinterpret_cast<word>(here)),
        certain_(certain) {}

  void run() noexcept {
    if (!list_candidates() || !list_targets() || targets_ == 0) {
      return;
    }
    connect();
    scan_candidates();
    if (!scan_everything_else()) {
      return;
    }
    spread_life();
    for (std::size_t c = 0; c < candidates_; ++c) {
      certain_[candidate_[c].number] = !candidate_[c].alive;
    }
  }

 private:
  bool list_candidates() noexcept {
    candidate_ = static_cast<candidate*>(memory_.allocate(all_.size() * sizeof(candidate)));
    owned_ = static_cast<word*>(memory_.allocate(all_.size() * 2 * sizeof(word)));
    if (candidate_ == nullptr || owned_ == nullptr) {
      return false;
    }
    for (std::uint32_t i = 0; i < all_.size(); ++i) {
      const sched::goroutine_view& who = all_[i].who;
      if (who.state != sched::goroutine_state::waiting || who.saved == nullptr) {
        continue;
      }
      certain_[i] = waits_for_ever_by_itself(who);
      const bool waits = waits_for_channel(who) || waits_for_sync_object(who) || who.waits_for == wait_reason::select;
      if (certain_[i] || (waits && !who.may_give_up && who.object != nullptr)) {
        add_candidate(i, who);
      }
    }
    return true;
  }

  void add_candidate(std::uint32_t number, const sched::goroutine_view& who) noexcept {
    const auto record = reinterpret_cast<word>(who.record);
    const std::size_t size = sched::record_size(*who.record);
    candidate_[candidates_++] = {.who = &all_[number],
                                 .stack_low = reinterpret_cast<word>(who.saved->stack_pointer),
                                 .stack_high = reinterpret_cast<word>(who.stack_high),
                                 .closure_low = record,
                                 .closure_high = record + size,
                                 .number = number};
  }

  bool list_targets() noexcept {
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
  void for_each_wait(F f) noexcept {
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
  void wait_for_channel(candidate& c, const void* channel, F f) noexcept {
    if (is_fed(channel)) {
      c.alive = true;
    } else {
      f(c, reinterpret_cast<word>(channel), reinterpret_cast<word>(channel));
    }
  }

  template <class F>
  void wait_for_object(candidate& c, word object, F f) noexcept {
    for (std::size_t i = 0; i < candidates_; ++i) {
      const candidate& owner = candidate_[i];
      if (object >= owner.stack_low && object < owner.stack_high) {
        f(c, owner.stack_low, owner.stack_high - 1);
        return;
      }
      if (object >= owner.closure_low && object < owner.closure_high) {
        f(c, owner.closure_low, owner.closure_high - 1);
        return;
      }
    }
    c.alive = true;
  }

  target* find(word value) noexcept {
    if (value < target_[0].low) {
      return nullptr;
    }
    target* after =
        std::upper_bound(target_, target_ + targets_, value, [](word v, const target& t) { return v < t.low; });
    target* t = after - 1;
    return value <= t->high ? t : nullptr;
  }

  void connect() noexcept {
    for_each_wait([this](candidate& c, word low, word) {
      target* t = find(low);
      add(t->waiters, static_cast<std::uint32_t>(&c - candidate_), t->alive);
    });
  }

  // When memory is refused, whatever depends on it counts as alive.
  void add(link*& list, std::uint32_t to, bool& alive) noexcept {
    auto* added = memory_.make<link>(to, list);
    if (added != nullptr) {
      list = added;
    } else {
      alive = true;
    }
  }

  void scan_candidates() noexcept {
    for (std::size_t i = 0; i < candidates_; ++i) {
      candidate& c = candidate_[i];
      const auto reach = [&](word value) {
        if (target* t = find(value)) {
          add(c.reaches, static_cast<std::uint32_t>(t - target_), t->alive);
        }
      };
      const auto scan = [&](word low, word high) {
        for (word at = low; at + sizeof(word) <= high; at += sizeof(word)) {
          reach(*reinterpret_cast<const word*>(at));
        }
      };
      scan(c.stack_low, c.stack_high);
      scan(c.closure_low, c.closure_high);
      reach(c.stack_low);
      if (c.closure_low != c.closure_high) {
        reach(c.closure_low);
      }
    }
  }

  bool scan_everything_else() noexcept {
    list_own_memory();
    return memory_walk(snapshot_, memory_, here_)
        .run([this](const seen_goroutine& g) { return is_candidate(g); },
             [this](word low, std::span<const word> words) {
               for (std::size_t i = 0; i < words.size(); ++i) {
                 meet(low + i * sizeof(word), words[i]);
               }
             });
  }

  // The closures of candidates lie among others' (sorted by address, to be skipped).
  void list_own_memory() noexcept {
    for (std::size_t i = 0; i < candidates_; ++i) {
      owned_[i] = candidate_[i].closure_low;
    }
    std::sort(owned_, owned_ + candidates_);
  }

  bool belongs_to_candidate(word at) noexcept {
    const word* after = std::upper_bound(owned_, owned_ + candidates_, at);
    constexpr word largest_record = 512;
    if (after == owned_ || at - after[-1] >= largest_record) {
      return false;
    }
    for (std::size_t i = 0; i < candidates_; ++i) {
      if (at >= candidate_[i].closure_low && at < candidate_[i].closure_high) {
        return true;
      }
    }
    return false;
  }

  // Both are sorted by id.
  bool is_candidate(const seen_goroutine& g) const noexcept {
    const candidate* c = std::lower_bound(candidate_, candidate_ + candidates_, &g,
                                          [](const candidate& a, const seen_goroutine* b) { return a.who < b; });
    return c != candidate_ + candidates_ && c->who == &g;
  }

  void meet(word at, word value) noexcept {
    if (value < target_[0].low || value > target_[targets_ - 1].high) {
      return;
    }
    target* t = find(value);
    if (t != nullptr && !t->alive && !is_bookkeeping(at) && !memory_.contains(reinterpret_cast<const std::byte*>(at)) &&
        !belongs_to_candidate(at)) {
      t->alive = true;
    }
  }

  static bool is_bookkeeping(word at) noexcept {
    const platform::memory_range table = sched::wait_table_memory();
    const auto low = reinterpret_cast<word>(table.base);
    return at >= low && at < low + table.size;
  }

  void spread_life() noexcept {
    for (bool changed = true; changed;) {
      changed = false;
      for (std::size_t i = 0; i < targets_; ++i) {
        for (const link* l = target_[i].alive ? target_[i].waiters : nullptr; l != nullptr; l = l->next) {
          changed = !candidate_[l->to].alive || changed;
          candidate_[l->to].alive = true;
        }
      }
      for (std::size_t i = 0; i < candidates_; ++i) {
        for (const link* l = candidate_[i].alive ? candidate_[i].reaches : nullptr; l != nullptr; l = l->next) {
          changed = !target_[l->to].alive || changed;
          target_[l->to].alive = true;
        }
      }
    }
  }

  const snapshot& snapshot_;
  const std::span<const seen_goroutine> all_;
  scratch& memory_;
  const word here_;
  bool* const certain_;
  candidate* candidate_ = nullptr;
  std::size_t candidates_ = 0;
  target* target_ = nullptr;
  std::size_t targets_ = 0;
  word* owned_ = nullptr;
};

}  // namespace

void find_certain_leaks(const snapshot& all, scratch& memory, const std::byte* here, bool* certain) noexcept {
  for (std::size_t i = 0; i < all.goroutines().size(); ++i) {
    certain[i] = waits_for_ever_by_itself(all.goroutines()[i].who);
  }
  // Sanitizers keep copies of what goes round, and memory of a size that cannot be looked through.
  if constexpr (!GORO_WITH_ASAN && !GORO_WITH_TSAN) {
    search(all, memory, here, certain).run();
  }
}

}  // namespace goro::diag
