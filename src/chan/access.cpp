// Invariants of a channel, at every unlock
//   - Values stand in the buffer only while nobody waits to receive, and senders wait only while the buffer is full. So
//     a receiver that finds a sender takes the oldest value of the buffer, and the sender's goes to its end: order is
//     kept. (Links of calls that are over may stand in either queue at any time; they are dropped when met.)
//   - Somebody waits to send and somebody waits to receive only if it is one select that does both.
//   - After close nobody waits.
//   - The bits of the state say what the queues and the buffer are.
//
// Happens before, for a race build (Go's memory model): a buffered channel orders through the slot that a value passes,
// so that the k-th receive comes before the completion of the (k + capacity)-th send, and nothing more. A value that is
// handed over directly is annotated as if it had passed the buffer. Without a buffer the two calls are ordered both
// ways.
#include "chan/access.hpp"

#include <algorithm>

#include "base/clock.hpp"
#include "base/futex.hpp"
#include "platform/os.hpp"
#include "platform/sanitizer.hpp"

namespace goro::detail {
namespace {

// The holder is running, but for the moments in which the system gives its processor to somebody else: then so do we,
// and in the end sleep, so that even a holder of lower priority goes on. An increasing sleep keeps a hundred of us from
// being in its way.
class patience {
 public:
  void wait() noexcept {
    constexpr unsigned looks = 6;
    constexpr unsigned yields = 32;
    constexpr base::nanoseconds longest_sleep = 1'280'000;
    if (tries_ < looks) {
      apart_.wait();
    } else if (tries_ < looks + yields) {
      platform::yield_thread();
    } else {
      base::futex_word never_changes{0};
      base::futex_wait(never_changes, 0, base::now_ns() + sleep_);
      sleep_ = std::min(2 * sleep_, longest_sleep);
    }
    ++tries_;
  }

 private:
  unsigned tries_ = 0;
  base::nanoseconds sleep_ = 20'000;
  base::backoff apart_;
};

}  // namespace

void chan_access::lock_slow(chan_core& core) noexcept {
  for (patience rest;; rest.wait()) {
    std::uint64_t seen = core.state_.load(base::memory_order_relaxed);
    if ((seen & chan_core::locked) == 0 &&
        core.state_.compare_exchange_weak(seen, seen | chan_core::locked, base::memory_order_acquire,  // sync: chan
                                          base::memory_order_relaxed)) {
      return;
    }
  }
}

void chan_access::push_into(chan_core& core, void* cell) noexcept {
  const chan_access channel(core);
  platform::sanitizer_acquire(channel.race_address(core.send_at_));
  move_value(core.type_, channel.slot(core.send_at_), cell);
  platform::sanitizer_release(channel.race_address(core.send_at_));
  core.pushed();
}

// In the name of a sender that stands still: its move is observed, and reads what that one has written.
void chan_access::push_for(chan_core& core, chan_link& sender) noexcept {
  if (sender.self != nullptr) {
    const platform::sanitizer_stand_in in_its_place(sender.self);
    push_into(core, sender.cell);
  } else {
    platform::sanitizer_acquire(&sender);
    push_into(core, sender.cell);
  }
}

void chan_access::pop_from(chan_core& core, void* cell) noexcept {
  const chan_access channel(core);
  void* at = channel.slot(core.receive_at_);
  platform::sanitizer_acquire(channel.race_address(core.receive_at_));
  move_value(core.type_, cell, at);
  if (core.type_.move != nullptr && core.type_.destroy != nullptr) {
    core.type_.destroy(at);
  }
  platform::sanitizer_release(channel.race_address(core.receive_at_));
  core.popped();
}

bool chan_access::may_send() const noexcept {
  return core_.closed_ || core_.receivers_.first != nullptr || count() != core_.capacity_;
}

bool chan_access::may_receive() const noexcept {
  return core_.closed_ || core_.senders_.first != nullptr || count() != 0;
}

void chan_access::unlink_sender(chan_link& link) noexcept {
  if (link.linked) {
    unlink(core_.senders_, link);
  }
}

void chan_access::unlink_receiver(chan_link& link) noexcept {
  if (link.linked) {
    unlink(core_.receivers_, link);
  }
}

bool chan_access::close(chan_link*& chain) noexcept {
  if (core_.closed_) {
    return false;
  }
  note_close();
  chan_link** end = &chain;
  for (chan_queue* queue : {&core_.receivers_, &core_.senders_}) {
    end = take_everybody(*queue, end);
  }
  *end = nullptr;
  core_.closed_ = true;
  return true;
}

std::size_t chan_access::drain() noexcept {
  const std::size_t found = count();
  for (std::size_t left = found; left != 0; --left) {
    if (core_.type_.destroy != nullptr) {
      core_.type_.destroy(slot(core_.receive_at_));
    }
    core_.popped();
  }
  return found;
}

chan_core& chan_access::make_for_timer(void* block, const cell_type& type, std::byte* buffer,
                                       void (*end)(chan_core&) noexcept) noexcept {
  auto* core = ::new (block) chan_core(type, 1, buffer);
  core->end_timer_ = end;
  return *core;
}

bool chan_access::retain_if_alive() noexcept {
  std::size_t references = core_.references_.load(base::memory_order_relaxed);
  while (references != 0) {
    if (core_.references_.compare_exchange_weak(references, references + 1, base::memory_order_relaxed)) {
      return true;
    }
  }
  return false;
}

std::size_t chan_access::queued() const noexcept {
  std::size_t n = 0;
  for (const chan_queue* queue : {&core_.receivers_, &core_.senders_}) {
    for (const chan_link* link = queue->first; link != nullptr; link = link->next) {
      ++n;
    }
  }
  return n;
}

namespace {

// The first in the queue whose call is not over.
const sched::waiter* first_waiting(const chan_queue& queue) noexcept {
  for (const chan_link* link = queue.first; link != nullptr; link = link->next) {
    if (link->who->outcome() == sched::waiter::waiting) {
      return link->who;
    }
  }
  return nullptr;
}

}  // namespace

void chan_access::check_invariants() const noexcept {
  using base::check;
  check((core_.state_.load(base::memory_order_relaxed) & chan_core::locked) != 0, "the channel is locked");
  check(count() <= core_.capacity_, "no more values than capacity");
  check(core_.capacity_ == 0 || (core_.receive_at_ + count()) % core_.capacity_ == core_.send_at_,
        "positions fit the count");
  constexpr int most_links = 64;  // a long queue would make each step of it as long
  for (const chan_queue* queue : {&core_.receivers_, &core_.senders_}) {
    check((queue->first == nullptr) == (queue->last == nullptr), "both ends of a queue");
    int left = most_links;
    for (const chan_link* link = queue->first; link != nullptr && left-- > 0; link = link->next) {
      check(link->linked && (link->next == nullptr ? queue->last == link : link->next->previous == link),
            "links of a queue fit together");
    }
  }
  const sched::waiter* receiver = first_waiting(core_.receivers_);
  const sched::waiter* sender = first_waiting(core_.senders_);
  check(receiver == nullptr || count() == 0, "nobody waits for a value that is there");
  check(sender == nullptr || count() == core_.capacity_, "nobody waits for room that is there");
  check(receiver == nullptr || sender == nullptr || receiver == sender, "no two wait for each other");
  check(!core_.closed_ || (receiver == nullptr && sender == nullptr), "nobody waits at a closed channel");
}

}  // namespace goro::detail
