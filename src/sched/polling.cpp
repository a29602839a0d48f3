#include "sched/polling.hpp"

#include "poll/poller.hpp"
#include "sched/io_source.hpp"

namespace goro::sched {
namespace {

constinit poll::poller poller;

// Once: nothing -> opening -> open. A failure goes back to nothing.
constinit base::lock opening{base::lock_rank::io_source};

constinit base::atomic<bool> looking{false};
constinit base::atomic<std::uint32_t> looks{0};

constexpr base::nanoseconds longest_pause = time_slice;

}  // namespace

poll::poller& the_poller() noexcept { return poller; }

int start_polling() noexcept {
  if (sched.poller_used.load(base::memory_order_acquire)) {  // sync: poller-open
    return 0;
  }
  ensure_started();
  {
    const base::lock_guard one_at_a_time(opening);
    if (poller_used()) {
      return 0;
    }
    if (const int error = poller.open(); error != 0) {
      return error;
    }
    const base::lock_guard hold(sched.lock);
    sched.poller_used.store(true, base::memory_order_release);  // sync: poller-open
    if (sched.timekeeper != nullptr) {
      wake_timekeeper();  // it goes to sleep anew, in the poller
      return 0;
    }
  }
  wake_for_work();  // a worker that finds nothing to do becomes the timekeeper
  return 0;
}

unsigned deliver(std::span<const poll::event> events) noexcept {
  ready_waiters ready;
  ready.collect(events);
  return ready.make_ready();
}

unsigned deliver_without_processor(worker& self, std::span<const poll::event> events) noexcept {
  ready_waiters ready;
  ready.collect(events);
  set_this_worker(nullptr);
  const unsigned count = ready.queue();
  set_this_worker(&self);
  if (count != 0) {
    wake_for_work();
  }
  return count;
}

unsigned poll_now() noexcept {
  if (looking.load(base::memory_order_relaxed) ||
      looking.exchange(true, base::memory_order_acquire)) {  // sync: looking
    return 0;
  }
  poll::event events[poll::poller::most_events];
  const std::size_t count = poller.look(events);
  looks.store(looks.load(base::memory_order_relaxed) + 1, base::memory_order_relaxed);
  looking.store(false, base::memory_order_release);  // sync: looking
  return count != 0 ? deliver({events, count}) : 0;
}

void poll_if_nobody_does(base::nanoseconds now) noexcept {
  static std::uint32_t last_looks = 0;
  static base::nanoseconds since = 0;
  const std::uint32_t seen = looks.load(base::memory_order_relaxed);
  if (seen != last_looks) {
    last_looks = seen;
    since = now;
  } else if (now - since >= longest_pause) {
    poll_now();
    since = now;
  }
}

}  // namespace goro::sched
