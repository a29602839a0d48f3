#include "sched/io_source.hpp"

#include <bit>
#include <new>
#include <system_error>

#include "base/check.hpp"
#include "poll/poller.hpp"
#include "sched/polling.hpp"
#include "sched/scheduler.hpp"

namespace goro::sched {
namespace {

// Outcomes of a wait.
constexpr std::uint32_t outcome_ready = 1;
constexpr std::uint32_t outcome_timed_out = 2;
constexpr std::uint32_t outcome_evicted = 3;
constexpr std::uint32_t outcome_new_deadline = 4;

// The sources, by descriptor number: blocks of 64, 64, 128, 256, … that are made when first needed. Nothing moves.
constexpr unsigned first_block = 64;
constexpr unsigned most_blocks = 26;  // 2^31 descriptors
constinit base::atomic<io_source*> blocks[most_blocks] = {};

struct place {
  unsigned block;
  unsigned offset;
  unsigned block_size;
};

place place_of(unsigned number) noexcept {
  const auto block = static_cast<unsigned>(std::bit_width(number / first_block));
  const unsigned start = block == 0 ? 0 : first_block << (block - 1);
  return {block, number - start, block == 0 ? first_block : start};
}

// Null when there is none, or (`make`) no memory for it.
io_source* source_of(unsigned number, bool make) noexcept {
  const place p = place_of(number);
  io_source* block = blocks[p.block].load(base::memory_order_acquire);  // sync: io-block
  if (block == nullptr && make) {
    auto* made = new (std::nothrow) io_source[p.block_size];
    if (made == nullptr) {
      return nullptr;
    }
    if (blocks[p.block].compare_exchange_strong(block, made, base::memory_order_acq_rel,  // sync: io-block
                                                base::memory_order_acquire)) {
      block = made;
    } else {
      delete[] made;
    }
  }
  return block != nullptr ? block + p.offset : nullptr;
}

std::uint64_t token_of(int descriptor, std::uint32_t sequence) noexcept {
  return (std::uint64_t{sequence} << 32) | static_cast<std::uint32_t>(descriptor);
}

}  // namespace

io_source* io_source::open(int descriptor, int& error) noexcept {
  error = start_polling();
  if (error != 0) {
    return nullptr;
  }
  io_source* s = source_of(static_cast<unsigned>(descriptor), true);
  if (s == nullptr) {
    error = static_cast<int>(std::errc::not_enough_memory);
    return nullptr;
  }
  std::uint64_t token;
  {
    const base::lock_guard hold(s->lock_);
    base::check(s->descriptor_ == -1, "a descriptor is registered once");
    s->descriptor_ = descriptor;
    s->evicted_.store(false, base::memory_order_relaxed);
    s->unusual_.store(false, base::memory_order_relaxed);
    for (unsigned d = 0; d < 2; ++d) {
      s->ready_[d].store(true, base::memory_order_relaxed);
      s->deadline_[d].store(base::never, base::memory_order_relaxed);
    }
    token = token_of(descriptor, s->sequence_);
  }
  error = the_poller().add(descriptor, token);
  if (error != 0) {
    s->close();
    return nullptr;
  }
  return s;
}

void io_source::close() noexcept {
  int descriptor;
  {
    const base::lock_guard hold(lock_);
    base::check(!has_waiter(), "nobody waits for a descriptor that is closed");
    descriptor = descriptor_;
    descriptor_ = -1;
    ++sequence_;
    if (sequence_ == 0) {
      sequence_ = 1;  // token 0 is the poller's own
    }
  }
  the_poller().remove(descriptor);
}

// Lock held. The waiter that is to be made ready, or null when there is none or its deadline comes first.
waiter* io_source::claim_waiter(unsigned direction, std::uint32_t outcome) noexcept {
  waiter* w = waiting_at(direction);
  if (w == nullptr) {
    return nullptr;
  }
  waiting_[direction].store(nullptr, base::memory_order_relaxed);
  return w->claim(outcome) ? w : nullptr;
}

// Lock held. The readiness goes to the waiter, or is noted.
waiter* io_source::note_ready(unsigned direction) noexcept {
  if (waiter* w = claim_waiter(direction, outcome_ready)) {
    return w;
  }
  ready_[direction].exchange(true, base::memory_order_release);  // sync: io-ready
  return nullptr;
}

void io_source::evict() noexcept {
  waiter* woken[2];
  {
    const base::lock_guard hold(lock_);
    evicted_.store(true, base::memory_order_relaxed);
    for (unsigned d = 0; d < 2; ++d) {
      woken[d] = claim_waiter(d, outcome_evicted);
    }
  }
  for (waiter* w : woken) {
    if (w != nullptr) {
      w->make_ready();
    }
  }
}

void io_source::set_deadline(io_direction d, base::nanoseconds when) noexcept {
  waiter* woken;
  {
    const base::lock_guard hold(lock_);
    deadline_[index(d)].store(when, base::memory_order_relaxed);
    woken = claim_waiter(index(d), outcome_new_deadline);
  }
  if (woken != nullptr) {
    woken->make_ready();
  }
}

void io_source::put_back(io_direction d) noexcept {
  ready_[index(d)].exchange(true, base::memory_order_relaxed);  // passes on what the event published
}

bool io_source::unusual() const noexcept { return unusual_.load(base::memory_order_relaxed); }

io_status io_source::take(io_direction d) noexcept {
  if (evicted_.load(base::memory_order_relaxed)) {
    return io_status::closed;
  }
  const base::nanoseconds deadline = deadline_[index(d)].load(base::memory_order_relaxed);
  if (deadline != base::never && deadline <= base::now_ns()) {
    return io_status::timed_out;
  }
  if (ready_[index(d)].exchange(false, base::memory_order_acquire)) {  // sync: io-ready
    return io_status::ready;
  }
  return wait(d);
}

io_status io_source::wait(io_direction d) noexcept {
  const unsigned i = index(d);
  for (;;) {
    waiter self;
    lock_.acquire();
    if (evicted_.load(base::memory_order_relaxed)) {
      lock_.release();
      return io_status::closed;
    }
    if (ready_[i].exchange(false, base::memory_order_relaxed)) {  // noted under this lock
      lock_.release();
      return io_status::ready;
    }
    const base::nanoseconds deadline = deadline_[i].load(base::memory_order_relaxed);
    if (deadline != base::never && deadline <= base::now_ns()) {
      lock_.release();
      return io_status::timed_out;
    }
    base::check(waiting_at(i) == nullptr, "those who wait for a direction take turns");
    waiting_[i].store(&self, base::memory_order_relaxed);
    switch (self.park_until(wait_reason::io_wait, deadline, outcome_timed_out, &unlock, this)) {
      case outcome_ready:
        return io_status::ready;
      case outcome_evicted:
        return io_status::closed;
      case outcome_timed_out: {
        const base::lock_guard hold(lock_);  // whoever still holds it may have met this waiter
        if (waiting_at(i) == &self) {
          waiting_[i].store(nullptr, base::memory_order_relaxed);
        }
        return io_status::timed_out;
      }
      default:
        break;  // look at the new deadline
    }
  }
}

bool somebody_waits_for_io() noexcept {
  for (unsigned i = 0; i < most_blocks; ++i) {
    io_source* block = blocks[i].load(base::memory_order_acquire);  // sync: io-block
    const unsigned size = i == 0 ? first_block : first_block << (i - 1);
    for (unsigned k = 0; block != nullptr && k < size; ++k) {
      if (block[k].has_waiter()) {
        return true;
      }
    }
  }
  return false;
}

void ready_waiters::add(waiter* w) noexcept {
  if (w != nullptr) {
    waiters_[count_++] = w;
  }
}

void ready_waiters::collect(const poll::event& event) noexcept {
  const auto descriptor = static_cast<std::uint32_t>(event.token);
  const auto sequence = static_cast<std::uint32_t>(event.token >> 32);
  io_source* s = source_of(descriptor, false);
  if (s == nullptr) {
    return;
  }
  const base::lock_guard hold(s->lock_);
  if (s->sequence_ != sequence) {
    return;  // of a descriptor that was closed meanwhile
  }
  if (event.unusual) {
    s->unusual_.store(true, base::memory_order_relaxed);  // published with the readiness
  }
  if (event.readable) {
    add(s->note_ready(0));
  }
  if (event.writable) {
    add(s->note_ready(1));
  }
}

void ready_waiters::collect(std::span<const poll::event> events) noexcept {
  for (const poll::event& e : events) {
    collect(e);
  }
}

unsigned ready_waiters::queue() noexcept {
  for (unsigned i = 0; i < count_; ++i) {
    waiters_[i]->make_ready_quietly();
  }
  return count_;
}

unsigned ready_waiters::make_ready() noexcept {
  queue();
  // The only one is what the caller goes on with, when it has a processor: it would not have looked with anything else
  // to run.
  const worker* w = this_worker();
  if (count_ > 1 || (count_ == 1 && (w == nullptr || w->held == nullptr))) {
    wake_for_work();
  }
  return count_;
}

}  // namespace goro::sched
