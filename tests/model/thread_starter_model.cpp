// sched/thread_starter.hpp and sysmon_sleep.hpp: every thread that is asked for is started, once, whatever the monitor
// is about to do meanwhile: to sleep, in one way or the other, to take a lock that the asker holds, or to end.
#include "sched/thread_starter.hpp"

#include <array>

#include "platform/os.hpp"
#include "sched/outside.hpp"
#include "sched/pause.hpp"
#include "sched/sysmon_sleep.hpp"
#include "support.hpp"

namespace goro::sched {
namespace {

// A thread that the system has not started yet.
struct spare {
  void (*body)(void*) = nullptr;
  void* argument = nullptr;
  base::futex_word begins{0};
};

struct request_of_test {
  thread_request request{&run, &refuse, this, "model"};
  model::data<int> written{0};
  int asked_for_again = 0;
  int runs = 0;
  int refusals = 0;

  void ask() {
    written.set(1);
    start_thread_soon(request);
  }
  void ask_again() {
    if (asked_for_again != 0) {
      --asked_for_again;
      ask();
    }
  }
  static void run(void* self) {
    auto& r = *static_cast<request_of_test*>(self);
    model::expect(r.written.get() == 1, "the thread runs before it was asked for");
    ++r.runs;
    r.ask_again();
  }
  static void refuse(void* self) {
    auto& r = *static_cast<request_of_test*>(self);
    ++r.refusals;
    r.ask_again();
  }
};

struct house {
  std::array<spare, 3> spares;
  base::atomic<std::uint32_t> spares_used{0};
  std::array<request_of_test, 2> asked;
  base::lock of_channel{base::lock_rank::channel};  // the monitor wants it to fire a timer
  bool system_refuses = false;
};
house* present = nullptr;

}  // namespace

// The rest of the runtime, as far as these sources ask for it.
constinit scheduler sched;
worker* this_worker() noexcept { return nullptr; }
bool work_anywhere() noexcept { return false; }
bool time_is_kept() noexcept { return true; }
void expect_from_outside() noexcept {}
void expect_no_more_from_outside() noexcept {}
void end_rest(worker&) noexcept {}
}  // namespace goro::sched

int goro::base::thread_id() noexcept { return static_cast<int>(model::this_thread()) + 1; }

bool goro::platform::start_thread(void (*body)(void*), void* argument, const char*) noexcept {
  sched::house& h = *sched::present;
  if (h.system_refuses) {
    return false;
  }
  const std::uint32_t i = h.spares_used.fetch_add(1, base::memory_order_relaxed);
  model::expect(i < h.spares.size(), "more threads were started than were asked for");
  h.spares[i].body = body;
  h.spares[i].argument = argument;
  h.spares[i].begins.store(1, base::memory_order_release);
  base::futex_wake(h.spares[i].begins);
  return true;
}

void goro::platform::yield_thread() noexcept { model::pause(); }  // mutants.toml

namespace goro::sched {
namespace {

void monitor_body(house& h) {
  open_thread_requests();
  while (!ending()) {
    begin_to_look_around();
    serve_thread_requests();
    if (all_idle()) {
      sleep_while_idle(base::never, false, base::never);
    } else {
      wait_for_thread_request(base::never);
    }
    const base::lock_guard timers(h.of_channel);
  }
  close_thread_requests();
}

// `idle` of as many processors as there are.
std::shared_ptr<house> build(model::scene& s, std::uint32_t idle, unsigned threads) {
  static constexpr std::array<const char*, 3> names{"thread 1", "thread 2", "thread 3"};
  std::destroy_at(&sched);
  std::construct_at(&sched);
  sched.processor_limit.store(1, base::memory_order_relaxed);
  sched.idle_processors.store(idle, base::memory_order_relaxed);
  auto h = std::make_shared<house>();
  present = h.get();
  s.background_thread("monitor", [h] { monitor_body(*h); });
  for (unsigned i = 0; i < threads; ++i) {
    s.background_thread(names[i], [h, i] {
      spare& self = h->spares[i];
      while (self.begins.load(base::memory_order_acquire) == 0) {
        base::futex_wait(self.begins, 0);
      }
      self.body(self.argument);
    });
  }
  return h;
}

void expect_ran(const request_of_test& r, int times) {
  model::expect(r.runs >= times, "a thread that was asked for has not been started");
  model::expect(r.runs == times, "a thread was started twice");
  model::expect(r.refusals == 0, "told that the system refuses, and it did not");
}

// A channel's lock is held: the monitor may be about to take it.
template <std::uint32_t idle>
void asked_with_a_lock_held(model::scene& s) {
  auto h = build(s, idle, 1);
  s.thread("asker", [h] {
    const base::lock_guard hold(h->of_channel);
    h->asked[0].ask();
  });
  s.at_end([h] { expect_ran(h->asked[0], 1); });
}

// While it falls asleep somebody takes the only processor, as start_worker does, or gives it back.
template <std::uint32_t idle>
void asked_while_the_processor_changes_hands(model::scene& s) {
  auto h = build(s, idle, 1);
  s.thread("asker", [h] { h->asked[0].ask(); });
  s.thread("other", [] {
    const base::lock_guard hold(sched.lock);
    sched.idle_processors.store(1 - idle, base::memory_order_relaxed);
    wake_sysmon_if_asleep();
  });
  s.at_end([h] {
    expect_ran(h->asked[0], 1);
    model::expect(idle == 0 || sched.sysmon_word.load(base::memory_order_relaxed) == 0,
                  "the monitor does not know of the processor that is in use");
  });
}

template <std::uint32_t idle>
void two_ask(model::scene& s) {
  auto h = build(s, idle, 2);
  s.thread("asker", [h] { h->asked[0].ask(); });
  s.thread("asker who waits", [h] {
    h->asked[1].written.set(1);
    const bool there = start_thread_from_clean_one(&request_of_test::run, &h->asked[1], "model");
    model::expect(there, "told that the system refuses, and it did not");
  });
  s.at_end([h] {
    expect_ran(h->asked[0], 1);
    expect_ran(h->asked[1], 1);
  });
}

// A worker whose thread has ended may be given another one, while the monitor has further requests in its hand.
void asked_for_anew(model::scene& s) {
  auto h = build(s, 0, 3);
  h->asked[0].asked_for_again = 1;
  s.thread("asker", [h] {
    h->asked[1].ask();
    h->asked[0].ask();  // served first
  });
  s.at_end([h] {
    expect_ran(h->asked[0], 2);
    expect_ran(h->asked[1], 1);
  });
}

void asked_at_the_end(model::scene& s) {
  auto h = build(s, 1, 1);
  s.thread("asker", [h] { h->asked[0].ask(); });
  s.thread("end", [] {
    sched.stop_reason.store(scheduler::exiting, base::memory_order_seq_cst);
    rouse_sysmon();
  });
  s.at_end([h] { expect_ran(h->asked[0], 1); });
}

void refused(model::scene& s) {
  auto h = build(s, 1, 0);
  h->system_refuses = true;
  h->asked[0].asked_for_again = 1;
  s.thread("asker", [h] {
    h->asked[0].ask();
    model::expect(!start_thread_from_clean_one(&request_of_test::run, &h->asked[1], "model"), "not told");
  });
  s.at_end([h] { model::expect(h->asked[0].refusals == 2 && h->asked[0].runs == 0, "not told each time"); });
}

constexpr const char* newest = "here an exchange that fails reads the newest value";
constexpr const char* locked = "what it brings is read under the scheduler's lock, or brought by `roused` as well";
constexpr const char* plain = "says that a request is not used any more; its fields are no data<> here";

TEST(Model, ThreadStarter) {
  model::verify("threads are asked for (sched/thread_starter.hpp, sysmon_sleep.hpp)",
                {"thread_starter.cpp", "sysmon_sleep.cpp"},
                {asked_with_a_lock_held<0>, asked_with_a_lock_held<1>, asked_while_the_processor_changes_hands<0>,
                 asked_while_the_processor_changes_hands<1>, asked_at_the_end, refused},
                {.preemptions = 1, .stale_reads = 1, .spurious = 0},
                {{"sysmon_sleep.cpp", "store(asleep", newest},
                 {"sysmon_sleep.cpp", "compare_exchange_strong", newest},
                 {"sysmon_sleep.cpp", "store(before", "for the next upkeep"},
                 {"sysmon_sleep.cpp", "coarse_now", "nobody looks at it here"},
                 {"sysmon_sleep.cpp", "== asleep) {  // sync", locked},
                 {"sysmon_sleep.cpp", "store(busy", locked},
                 {"thread_starter.cpp", "result.store", plain},
                 {"thread_starter.cpp", "result.load", plain},
                 {"thread_starter.cpp", "monitor_thread.store", "for a monitor that waits for a thread itself"},
                 {"thread_starter.cpp", "requests.store", "brings nothing"}});
}

// Two rouse the monitor before it looks.
TEST(Model, ThreadStarterAtTheEnd) {
  model::verify_orders("threads are asked for at the end (the same)", {}, {asked_at_the_end},
                       {.stale_reads = 1, .spurious = 0});
}

TEST(Model, ThreadStarterOfTwo) {
  model::verify_orders("threads are asked for by two (sched/thread_starter.hpp, sysmon_sleep.hpp)", {},
                       {two_ask<0>, two_ask<1>, asked_for_anew}, {.preemptions = 1, .stale_reads = 0, .spurious = 0});
}

}  // namespace
}  // namespace goro::sched
