// base::lock and sched/thread_parker.hpp: what stands on futexes alone.
#include "base/lock.hpp"

#include "sched/thread_parker.hpp"
#include "support.hpp"

namespace goro {
namespace {

struct guarded {
  base::lock lock{base::lock_rank::scheduler};
  model::data<int> count{0};

  void count_up() {
    const base::lock_guard hold(lock);
    count.set(count.get() + 1);
  }
};

template <int threads, int turns>
void take_turns(model::scene& s) {
  auto g = std::make_shared<guarded>();
  for (int i = 0; i < threads; ++i) {
    s.thread("taker", [g] {
      for (int turn = 0; turn < turns; ++turn) {
        g->count_up();
      }
    });
  }
  s.at_end([g] { model::expect(g->count.get() == threads * turns, "a turn was lost"); });
}

TEST(Model, Lock) {
  model::verify("lock (base/lock.hpp)", {"lock.hpp", "lock.cpp"}, {take_turns<2, 2>, take_turns<3, 1>});
}

struct parked {
  sched::thread_parker parker;
  model::data<int> brought{0};
};

void woken(model::scene& s) {
  auto all = std::make_shared<parked>();
  s.thread("sleeper", [all] {
    model::expect(all->parker.wait(base::never), "a wait without a deadline has timed out");
    model::expect(all->brought.get() == 1, "woken before it was time");
  });
  s.thread("waker", [all] {
    all->brought.set(1);
    all->parker.wake();
  });
}

// The deadline passes; the wake that comes all the same is waited for, as park_until does.
void timed(model::scene& s) {
  auto all = std::make_shared<parked>();
  s.thread("sleeper", [all] {
    if (!all->parker.wait(base::now_ns() + 5)) {
      all->parker.wait(base::never);
    }
    model::expect(all->brought.get() == 1, "woken before it was time");
  });
  s.thread("waker", [all] {
    all->brought.set(1);
    all->parker.wake();
  });
}

// One wait after the other with one parker.
template <bool timed_first>
void woken_again(model::scene& s) {
  struct both {
    parked first;
    sched::thread_parker answer;
  };
  auto all = std::make_shared<both>();
  s.thread("sleeper", [all] {
    sched::thread_parker& own = all->first.parker;
    if (!timed_first || !own.wait(base::now_ns() + 5)) {
      own.wait(base::never);
    }
    all->answer.wake();
    own.wait(base::never);
    model::expect(all->first.brought.get() == 1, "woken before it was time");
  });
  s.thread("waker", [all] {
    all->first.parker.wake();
    all->answer.wait(base::never);
    all->first.brought.set(1);
    all->first.parker.wake();
  });
}

constexpr const char* counted = "for the count of threads that wait, which these scenarios do not look at";

TEST(Model, ThreadParker) {
  model::verify("thread parker (sched/thread_parker.hpp)", {"thread_parker.hpp"},
                {woken, timed, woken_again<false>, woken_again<true>}, {},
                {{"thread_parker.hpp", "ready_word.exchange(ready", counted},
                 {"thread_parker.hpp", "waits_for_ever, base::memory_order", counted}});
}

}  // namespace
}  // namespace goro
