// Who waits at a channel: links of waiters in its two queues.
//
// A blocked call has one waiter and a link for each of its channels (a select may have many). A link belongs to the
// call and is guarded by the lock of its channel while it is `linked`. It leaves the queue either by a waker, which
// unlinks it and tries to claim its waiter (close takes whole queues, and claims those without rivals later), or by its
// own call, which takes its other links out after it was woken. In between, links of calls that are over stay in the
// queues of other channels; wakers that meet them drop them.
#pragma once

#include <cstdint>

#include "base/check.hpp"
#include "goro/detail/chan_core.hpp"
#include "platform/sanitizer.hpp"
#include "sched/wait.hpp"

namespace goro::detail {

struct chan_link {
  chan_link* next = nullptr;
  chan_link* previous = nullptr;
  sched::waiter* who = nullptr;
  void* cell = nullptr;      // a sender's value, or where a receiver wants it
  std::uint32_t number = 0;  // of the case in its select
  bool linked = false;
  bool alone = false;    // its waiter has no other link
  void* self = nullptr;  // race build: for acting in the waiting goroutine's name

  // How a wait ended, as the outcome of its waiter: through which case, and whether a value was passed.
  static constexpr std::uint32_t outcome(std::uint32_t number, bool passed) noexcept {
    return 2 * number + (passed ? 2 : 1);
  }
  static constexpr std::uint32_t number_of(std::uint32_t outcome) noexcept { return (outcome - 1) / 2; }
  static constexpr bool passed(std::uint32_t outcome) noexcept { return outcome % 2 == 0; }
};

inline void enqueue(chan_queue& queue, chan_link& link) noexcept {
  base::check(!link.linked, "a link joins one queue");
  link.linked = true;
  queue.of_selects += link.alone ? 0 : 1;
  link.next = nullptr;
  link.previous = queue.last;
  (queue.last != nullptr ? queue.last->next : queue.first) = &link;
  queue.last = &link;
}

inline void unlink(chan_queue& queue, chan_link& link) noexcept {
  base::check(link.linked, "unlink of a queued link");
  link.linked = false;
  queue.of_selects -= link.alone ? 0 : 1;
  (link.previous != nullptr ? link.previous->next : queue.first) = link.next;
  (link.next != nullptr ? link.next->previous : queue.last) = link.previous;
}

// Takes the first link whose wait can still be won, and wins it.
inline chan_link* claim_first(chan_queue& queue, bool passed) noexcept {
  while (chan_link* link = queue.first) {
    unlink(queue, *link);
    const std::uint32_t outcome = chan_link::outcome(link->number, passed);
    if (link->alone) {
      link->who->claim_unrivalled(outcome);
      return link;
    }
    if (link->who->claim(outcome)) {
      return link;
    }
  }
  return nullptr;
}

// Takes everybody whose wait can still be won, linked by `next`, and appends them at `end`. Those that are `alone` are
// not won yet, for nobody else can win them: they stand still, and are claimed one by one when they are made ready. So
// a channel at which a million wait is not locked for as long as it takes to touch the stacks of all of them.
inline chan_link** take_everybody(chan_queue& queue, chan_link** end) noexcept {
  if (queue.of_selects == 0) {
    if (queue.first != nullptr) {
      *end = queue.first;
      end = &queue.last->next;
    }
    queue = {};
    return end;
  }
  while (chan_link* link = queue.first) {
    unlink(queue, *link);
    if (link->alone || link->who->claim(chan_link::outcome(link->number, false))) {
      *end = link;
      end = &link->next;
    }
  }
  return end;
}

}  // namespace goro::detail
