#include "sched/thread_starter.hpp"

#include "base/futex.hpp"
#include "platform/os.hpp"
#include "sched/outside.hpp"
#include "sched/pause.hpp"
#include "sched/scheduler.hpp"

namespace goro::sched {
namespace {

struct request {
  void (*body)(void*);
  void* argument;
  const char* name;
  request* next = nullptr;
  base::futex_word result{pending};

  static constexpr std::uint32_t pending = 0, started = 1, refused = 2;
};

// Marks the end of service; never served.
constinit request closed_mark{nullptr, nullptr, nullptr};

// Closed until there is a monitor.
constinit base::atomic<request*> requests{&closed_mark};
constinit base::futex_word calls{0};
std::uint32_t calls_seen = 0;                   // the monitor's
constinit base::atomic<int> monitor_thread{0};  // its id

bool push(request& r) noexcept {
  request* first = requests.load(base::memory_order_relaxed);
  do {
    if (first == &closed_mark) {
      return false;
    }
    r.next = first;
  } while (!requests.compare_exchange_weak(first, &r, base::memory_order_release,  // sync: thread-request
                                           base::memory_order_relaxed));
  return true;
}

void serve(request* first) noexcept {
  while (first != nullptr && first != &closed_mark) {
    request& r = *first;
    first = r.next;  // r is gone once it has its result
    const bool started = platform::start_thread(r.body, r.argument, r.name);
    r.result.store(started ? request::started : request::refused, base::memory_order_release);  // sync: thread-result
    base::futex_wake(r.result);
  }
}

// Has the calling thread a state that workers may inherit?
bool is_clean() noexcept {
  const worker* w = this_worker();
  if (w != nullptr) {
    return w->locked_goroutine == nullptr && !w->thread_must_end;
  }
  return monitor_thread.load(base::memory_order_relaxed) == platform::thread_id();
}

}  // namespace

bool start_thread_from_clean_one(void (*body)(void*), void* argument, const char* name) noexcept {
  request r{body, argument, name};
  if (is_clean() || !push(r)) {
    return platform::start_thread(body, argument, name);
  }
  calls.fetch_add(1, base::memory_order_release);  // sync: thread-call
  base::futex_wake(calls);
  {
    // The monitor sleeps elsewhere when all processors that count are idle: one beyond the limit may still be held.
    const base::lock_guard hold(sched.lock);
    wake_sysmon_if_asleep();
  }
  // Whoever pauses the program need not wait for us: it may be the monitor itself, in its search for deadlocks, and
  // then would wait in vain. But nor is this worker asleep for good, as those are that rest.
  worker* const self = this_worker();
  expect_from_outside();
  if (self != nullptr) {
    begin_rest(*self);
  }
  std::uint32_t result;
  while ((result = r.result.load(base::memory_order_acquire)) == request::pending) {  // sync: thread-result
    base::futex_wait(r.result, request::pending);
  }
  if (self != nullptr) {
    end_rest(*self);
  }
  expect_no_more_from_outside();
  return result == request::started;
}

void open_thread_requests() noexcept {
  monitor_thread.store(platform::thread_id(), base::memory_order_relaxed);
  requests.store(nullptr, base::memory_order_release);  // sync: thread-request
}

void serve_thread_requests() noexcept {
  calls_seen = calls.load(base::memory_order_acquire);  // sync: thread-call
  if (requests.load(base::memory_order_relaxed) != nullptr) {
    serve(requests.exchange(nullptr, base::memory_order_acquire));  // sync: thread-request
  }
}

void close_thread_requests() noexcept {
  serve(requests.exchange(&closed_mark, base::memory_order_acquire));  // sync: thread-request
}

void end_wait_for_thread_request() noexcept {
  calls.fetch_add(1, base::memory_order_release);  // sync: thread-call
  base::futex_wake(calls);
}

void wait_for_thread_request(base::nanoseconds deadline) noexcept { base::futex_wait(calls, calls_seen, deadline); }

}  // namespace goro::sched
