#include "sched/thread_starter.hpp"

#include "base/futex.hpp"
#include "platform/os.hpp"
#include "sched/outside.hpp"
#include "sched/pause.hpp"
#include "sched/scheduler.hpp"

namespace goro::sched {
namespace {

// The last in the list while there is service; never served.
constinit thread_request end_of_list{};

// Null: no service, for there is no monitor yet, or no more.
constinit base::atomic<thread_request*> requests{nullptr};
constinit base::futex_word calls{0};
std::uint32_t calls_seen = 0;                   // the monitor's
constinit base::atomic<int> monitor_thread{0};  // its id

bool push(thread_request& r) noexcept {
  thread_request* first = requests.load(base::memory_order_relaxed);
  do {
    if (first == nullptr) {
      return false;
    }
    r.next = first;
  } while (!requests.compare_exchange_weak(first, &r, base::memory_order_release,  // sync: thread-request
                                           base::memory_order_relaxed));
  return true;
}

void serve_one(const thread_request& r) noexcept {
  const auto refused = r.refused;
  void* const argument = r.argument;
  if (!platform::start_thread(r.body, argument, r.name)) {
    refused(argument);
  }
}

void serve(thread_request* first) noexcept {
  while (first != &end_of_list) {
    const thread_request& r = *first;
    first = r.next;
    serve_one(r);
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

void start_thread_soon(thread_request& r) noexcept {
  if (is_clean() || !push(r)) {
    serve_one(r);
    return;
  }
  rouse_sysmon();
}

namespace {

// One who waits for his thread.
struct awaited_thread {
  static constexpr std::uint32_t pending = 0, started = 1, refused = 2;

  void (*body)(void*);
  void* argument;
  base::futex_word result{pending};

  void tell(std::uint32_t r) noexcept {
    result.store(r, base::memory_order_release);  // sync: thread-result
    base::futex_wake(result);
  }
  static void run(void* self) noexcept {
    auto& t = *static_cast<awaited_thread*>(self);
    const auto run_body = t.body;
    void* const with = t.argument;
    t.tell(started);  // *self is gone
    run_body(with);
  }
  static void refuse(void* self) noexcept { static_cast<awaited_thread*>(self)->tell(refused); }
};

}  // namespace

bool start_thread_from_clean_one(void (*body)(void*), void* argument, const char* name) noexcept {
  awaited_thread t{body, argument};
  thread_request r{&awaited_thread::run, &awaited_thread::refuse, &t, name};
  start_thread_soon(r);
  // Whoever pauses the program need not wait for us: it may be the monitor itself, in its search for deadlocks, and
  // then would wait in vain. But nor is this worker asleep for good, as those are that rest.
  worker* const self = this_worker();
  expect_from_outside();
  if (self != nullptr) {
    begin_rest(*self);
  }
  std::uint32_t result;
  while ((result = t.result.load(base::memory_order_acquire)) == awaited_thread::pending) {  // sync: thread-result
    base::futex_wait(t.result, awaited_thread::pending);
  }
  if (self != nullptr) {
    end_rest(*self);
  }
  expect_no_more_from_outside();
  return result == awaited_thread::started;
}

void open_thread_requests() noexcept {
  monitor_thread.store(platform::thread_id(), base::memory_order_relaxed);
  requests.store(&end_of_list, base::memory_order_release);  // sync: thread-request
}

void serve_thread_requests() noexcept {
  calls_seen = calls.load(base::memory_order_acquire);  // sync: thread-call
  if (requests.load(base::memory_order_relaxed) != &end_of_list) {
    serve(requests.exchange(&end_of_list, base::memory_order_acquire));  // sync: thread-request
  }
}

void close_thread_requests() noexcept {
  serve(requests.exchange(nullptr, base::memory_order_acquire));  // sync: thread-request
}

void end_wait_for_thread_request() noexcept {
  calls.fetch_add(1, base::memory_order_release);  // sync: thread-call
  base::futex_wake(calls);
}

void wait_for_thread_request(base::nanoseconds deadline) noexcept { base::futex_wait(calls, calls_seen, deadline); }

}  // namespace goro::sched
