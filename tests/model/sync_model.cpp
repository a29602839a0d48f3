// The words of the sync types together with the wait table: nobody is forgotten, and what was done before is seen.
#include <chrono>
#include <cstring>
#include <mutex>
#include <vector>

#include "goro/condition_variable.hpp"
#include "goro/latch.hpp"
#include "goro/mutex.hpp"
#include "goro/semaphore.hpp"
#include "goro/shared_mutex.hpp"
#include "goro/wait_group.hpp"
#include "sched/inspect.hpp"
#include "sched/thread_parker.hpp"
#include "sched/wait_table.hpp"
#include "support.hpp"
#include "thread_waits.hpp"

namespace goro {
namespace {

using namespace std::chrono_literals;

// An execution that fails leaves waiters in the table, whose stacks are gone: then the next begins with an empty one.
class clean_table {
 public:
  static void use(model::scene& s) {
    static clean_table table;
    const platform::memory_range memory = sched::wait_table_memory();
    if (table.in_use_) {
      std::memcpy(memory.base, table.empty_.data(), memory.size);
    } else if (table.empty_.empty()) {
      table.empty_.assign(memory.base, memory.base + memory.size);
    }
    table.in_use_ = true;
    s.at_end([] { table.in_use_ = false; });
  }

 private:
  std::vector<std::byte> empty_;
  bool in_use_ = false;
};

template <class Lock>
struct guarded {
  Lock lock;
  model::data<int> count{0};

  template <class... Args>
  explicit guarded(Args... args) : lock(args...) {}
  void count_up() { count.set(count.get() + 1); }
};

constexpr const char* under_the_lock = "the two meet under the lock of the bucket, which orders them";
constexpr const char* passed_on =
    "all changes of the word are read-modify-writes: what earlier ones published is passed on";

// Each call is many steps, and there are three threads.
constexpr model::limits few{.preemptions = 1, .stale_reads = 1, .spurious = 0, .executions = 500'000};

// Wait table -------------------------------------------------------------------------------------------------------

// Who wakes everybody takes the queue away afterwards: nobody whom it has met may touch it then.
struct crowd {
  sched::interruption stop{this};
  model::data<int> called{0};  // under the bucket's lock
  model::data<int> gone{0};
  std::uint32_t told = 0;  // by wake_all
  std::uint32_t woken = 0;

  void wait(const sched::wait_options& options) {
    bool queued = false;
    const auto still_needed = [&] { return queued = called.get() == 0; };
    const auto cleanup = [&](bool) {
      if (queued) {  // else it was interrupted before
        model::expect(called.get() == 0, "the waker has met this one, and it cleans up all the same");
        model::expect(gone.get() == 0, "cleans up what is gone");
      }
    };
    const sched::wait_result result = sched::wait_on(this, options, still_needed, cleanup);
    if (result.how == sched::wait_result::kind::woken) {
      model::expect(result.token == 7, "the waker's token");
      ++woken;
    }
    model::expect(queued || result.how != sched::wait_result::kind::woken, "woken without waiting");
  }
  void wake() {
    told = sched::wake_all(this, [this](const sched::wake_info&) {
      called.set(1);
      return 7U;
    });
    gone.set(1);
  }
};

template <bool by_interruption>
void all_are_woken_while_one_gives_up(model::scene& s) {
  clean_table::use(s);
  auto c = std::make_shared<crowd>();
  s.thread("impatient", [c] {
    c->wait(by_interruption ? sched::wait_options{.interrupter = &c->stop}
                            : sched::wait_options{.deadline = base::now_ns() + 1'000});
  });
  s.thread("patient", [c] { c->wait({}); });
  if (by_interruption) {
    s.thread("interrupting", [c] {
      if (sched::waiter* ended = c->stop.interrupt()) {
        ended->make_ready();
      }
    });
  }
  s.thread("waker", [c] { c->wake(); });
  s.at_end([c] {
    model::expect(c->told == c->woken, "one is woken for each that was claimed");
    model::expect(sched::wake_all(c.get(), [](const sched::wake_info&) { return 0U; }) == 0,
                  "somebody is left waiting");
  });
}

TEST(Model, WakeAll) {
  model::verify("everybody at a key is woken (sched/wait_table.cpp)", {"wait_table.cpp"},
                {all_are_woken_while_one_gives_up<false>, all_are_woken_while_one_gives_up<true>}, few);
}

// Mutex ------------------------------------------------------------------------------------------------------------

template <int threads, int turns, unsigned spins>
void take_turns(model::scene& s) {
  clean_table::use(s);
  model::spins_allowed = spins;
  auto g = std::make_shared<guarded<mutex>>();
  for (int i = 0; i < threads; ++i) {
    s.thread("taker", [g] {
      for (int turn = 0; turn < turns; ++turn) {
        const std::lock_guard hold(g->lock);
        g->count_up();
      }
    });
  }
  s.at_end([g] { model::expect(g->count.get() == threads * turns, "a turn was lost"); });
}

// One gives up; whoever it was, the lock goes on to the others.
void some_give_up(model::scene& s) {
  clean_table::use(s);
  model::spins_allowed = 0;
  auto g = std::make_shared<guarded<mutex>>();
  for (int i = 0; i < 2; ++i) {
    s.thread("taker", [g] {
      const std::lock_guard hold(g->lock);
      g->count_up();
    });
  }
  s.thread("impatient", [g] {
    if (g->lock.try_lock_for(1us)) {
      g->count_up();
      g->lock.unlock();
    }
  });
  s.at_end([g] {
    model::expect(g->count.get() >= 2, "a turn was lost");
    model::expect(g->lock.try_lock(), "the lock is free");
  });
}

// One keeps it for longer than the limit: those who have waited get it from hand to hand.
void starved(model::scene& s) {
  clean_table::use(s);
  model::spins_allowed = 0;
  auto g = std::make_shared<guarded<mutex>>();
  s.thread("holder", [g] {
    for (int turn = 0; turn < 2; ++turn) {
      const std::lock_guard hold(g->lock);
      g->count_up();
      sched::this_thread_parker().wait(base::now_ns() + 3'000'000);
    }
  });
  for (int i = 0; i < 2; ++i) {
    s.thread("taker", [g] {
      const std::lock_guard hold(g->lock);
      g->count_up();
    });
  }
  s.at_end([g] {
    model::expect(g->count.get() == 4, "a turn was lost");
    model::expect(g->lock.try_lock(), "the lock is free, and no starvation is left");
  });
}

// The last owner puts something else in the mutex's place, and waits there: an unlock() that is not over does not
// disturb it.
void another_lives_at_the_address(model::scene& s) {
  clean_table::use(s);
  model::spins_allowed = 0;
  constexpr std::uintptr_t note = 5;
  struct place {
    mutex lock;
    bool given = false;  // under the bucket's lock
  };
  auto p = std::make_shared<place>();
  p->lock.lock();
  s.thread("first owner", [p] { p->lock.unlock(); });
  s.thread("last owner", [p] {
    p->lock.lock();
    p->lock.unlock();
    const auto still_needed = [&] { return !p->given; };
    const sched::wait_result result = sched::wait_on(&p->lock, {.note = note}, still_needed);
    model::expect(result.how == sched::wait_result::kind::refused || result.token == 7, "somebody else's wake");
  });
  s.thread("waker", [p] {
    const auto choose = [](std::uintptr_t of) {
      return of == note ? sched::wake_choice::wake : sched::wake_choice::skip;
    };
    sched::wake_some(
        &p->lock, choose, [](std::uintptr_t) {},
        [&](const sched::wake_info&) {
          p->given = true;
          return 7U;
        });
  });
}

TEST(Model, Mutex) {
  model::verify(
      "mutex and its starvation mode (sync/mutex.cpp)", {"mutex.hpp", "mutex.cpp", "wait_table.cpp"},
      {take_turns<2, 2, 0>, take_turns<2, 2, 1>, take_turns<3, 1, 0>, take_turns<3, 1, 1>, some_give_up, starved,
       another_lives_at_the_address},
      few, {{"mutex.cpp", "state_.fetch_and(~starving", "without it the mode lasts until an unlock finds nobody"}});
}

// Wait group, latch ------------------------------------------------------------------------------------------------

template <int workers, int waiters>
void waits_for_all(model::scene& s) {
  clean_table::use(s);
  struct work {
    wait_group group;
    model::data<int> done[workers];
  };
  auto all = std::make_shared<work>();
  all->group.add(workers);
  for (int i = 0; i < workers; ++i) {
    s.thread("worker", [all, i] {
      all->done[i].set(1);
      all->group.done();
    });
  }
  for (int i = 0; i < waiters; ++i) {
    s.thread("waiter", [all] {
      all->group.wait();
      for (const auto& done : all->done) {
        model::expect(done.get() == 1, "wait() has returned before all was done");
      }
    });
  }
}

// The group is used again by the one that has waited.
void used_again(model::scene& s) {
  clean_table::use(s);
  struct work {
    wait_group group;
    wait_group second;
    model::data<int> done{0};
  };
  auto all = std::make_shared<work>();
  all->group.add(1);
  all->second.add(1);
  s.thread("worker", [all] {
    all->done.set(1);
    all->group.done();
    all->second.wait();
    all->done.set(2);
    all->group.done();
  });
  s.thread("waiter", [all] {
    all->group.wait();
    model::expect(all->done.get() == 1, "the first round");
    all->group.add(1);
    all->second.done();
    all->group.wait();
    model::expect(all->done.get() == 2, "the second round");
  });
}

TEST(Model, WaitGroup) {
  model::verify("wait group (sync/wait_group.cpp)", {"wait_group.cpp"},
                {waits_for_all<2, 1>, waits_for_all<1, 2>, used_again}, few,
                {{"wait_group.cpp", "state_.fetch_add(change", passed_on},
                 {"wait_group.cpp", "state_.exchange(0", passed_on},
                 {"wait_group.cpp", "waiters_of(state_.load", under_the_lock}});
}

void all_arrive(model::scene& s) {
  clean_table::use(s);
  struct work {
    latch all_here{2};
    model::data<int> brought[2];
  };
  auto all = std::make_shared<work>();
  for (int i = 0; i < 2; ++i) {
    s.thread("arriving", [all, i] {
      all->brought[i].set(1);
      all->all_here.arrive_and_wait();
      model::expect(all->brought[1 - i].get() == 1, "what the other has brought");
    });
  }
  s.thread("waiter", [all] {
    all->all_here.wait();
    model::expect(all->brought[0].get() + all->brought[1].get() == 2, "what both have brought");
  });
}

// By one who does not wait.
void counted_down(model::scene& s) {
  clean_table::use(s);
  struct work {
    latch all_here{2};
    model::data<int> brought[2];
  };
  auto all = std::make_shared<work>();
  for (int i = 0; i < 2; ++i) {
    s.thread("counting", [all, i] {
      all->brought[i].set(1);
      all->all_here.count_down();
    });
  }
  s.thread("waiter", [all] {
    all->all_here.wait();
    model::expect(all->brought[0].get() + all->brought[1].get() == 2, "what both have brought");
  });
}

TEST(Model, Latch) {
  model::verify("latch (sync/latch.cpp)", {"latch.cpp"}, {all_arrive, counted_down}, few,
                {{"latch.cpp", "state_.compare_exchange_weak(seen, seen - ", passed_on},
                 {"latch.cpp", "state_.exchange(0", passed_on},
                 {"latch.cpp", "state_.load(base::memory_order_acquire) & has_waiters", under_the_lock}});
}

// Semaphore --------------------------------------------------------------------------------------------------------

template <int threads>
void one_unit(model::scene& s) {
  clean_table::use(s);
  auto g = std::make_shared<guarded<semaphore>>(1);
  for (int i = 0; i < threads; ++i) {
    s.thread("taker", [g] {
      g->lock.acquire();
      g->count_up();
      g->lock.release();
    });
  }
  s.at_end([g] { model::expect(g->count.get() == threads, "a turn was lost"); });
}

// Who wants all units waits for both others, and is not overtaken for ever; one that gives up lets those behind it go
// on.
void weights(model::scene& s) {
  clean_table::use(s);
  auto g = std::make_shared<guarded<semaphore>>(2);
  s.thread("both", [g] {
    g->lock.acquire(2);
    g->count_up();
    g->lock.release(2);
  });
  s.thread("one", [g] {
    g->lock.acquire();
    g->lock.release();
  });
  s.thread("impatient", [g] {
    if (g->lock.try_acquire_for(1us, 2)) {
      g->count_up();
      g->lock.release(2);
    }
  });
  s.at_end([g] {
    model::expect(g->count.get() >= 1, "a turn was lost");
    model::expect(g->lock.try_acquire(2), "all units are back");
  });
}

TEST(Model, Semaphore) {
  model::verify("semaphore (sync/semaphore.cpp)", {"semaphore.cpp"}, {one_unit<2>, one_unit<3>, weights}, few,
                {{"semaphore.cpp", "free_units(state_.fetch_or(has_waiters",
                  "keeps a fast acquire out of the second of two passes: four callers, more than is explored"},
                 {"semaphore.cpp", "state_.exchange(with_units(left)", passed_on}});
}

// Condition variable -----------------------------------------------------------------------------------------------

struct mailbox {
  mutex lock;
  condition_variable changed;
  model::data<int> letters{0};
};

template <int readers, bool all_at_once>
void letters(model::scene& s) {
  clean_table::use(s);
  model::spins_allowed = 0;
  auto box = std::make_shared<mailbox>();
  for (int i = 0; i < readers; ++i) {
    s.thread("reader", [box] {
      std::unique_lock hold(box->lock);
      box->changed.wait(hold, [&] { return box->letters.get() != 0; });
      box->letters.set(box->letters.get() - 1);
    });
  }
  s.thread("writer", [box] {
    if (all_at_once) {
      {
        const std::lock_guard hold(box->lock);
        box->letters.set(readers);
      }
      box->changed.notify_all();
      return;
    }
    for (int i = 0; i < readers; ++i) {
      {
        const std::lock_guard hold(box->lock);
        box->letters.set(box->letters.get() + 1);
      }
      box->changed.notify_one();
    }
  });
  s.at_end([box] { model::expect(box->letters.get() == 0, "a letter was not read"); });
}

// One that gives up takes no notification from another.
void one_does_not_wait_long(model::scene& s) {
  clean_table::use(s);
  model::spins_allowed = 0;
  auto box = std::make_shared<mailbox>();
  s.thread("reader", [box] {
    std::unique_lock hold(box->lock);
    box->changed.wait(hold, [&] { return box->letters.get() != 0; });
  });
  s.thread("impatient", [box] {
    std::unique_lock hold(box->lock);
    box->changed.wait_for(hold, 1us);
  });
  s.thread("writer", [box] {
    {
      const std::lock_guard hold(box->lock);
      box->letters.set(1);
    }
    box->changed.notify_all();
  });
}

TEST(Model, ConditionVariable) {
  model::verify("condition variable (sync/condition_variable.cpp)",
                {"condition_variable.hpp", "condition_variable.cpp"},
                {letters<1, false>, letters<2, false>, letters<2, true>, one_does_not_wait_long}, few,
                {{"condition_variable.cpp", "has_waiters_.store(others_wait",
                  "says that nobody waits: saves a look into the table"},
                 {"condition_variable.cpp", "has_waiters_.store(info.others_wait", "the same"}});
}

// Shared mutex -----------------------------------------------------------------------------------------------------

template <int readers, int writers>
void read_and_write(model::scene& s) {
  clean_table::use(s);
  model::spins_allowed = 0;
  auto g = std::make_shared<guarded<shared_mutex>>();
  for (int i = 0; i < readers; ++i) {
    s.thread("reader", [g] {
      g->lock.lock_shared();
      const int first = g->count.get();
      model::expect(first == g->count.get(), "nobody writes beside a reader");
      g->lock.unlock_shared();
    });
  }
  for (int i = 0; i < writers; ++i) {
    s.thread("writer", [g] {
      g->lock.lock();
      g->count_up();
      g->lock.unlock();
    });
  }
  s.at_end([g] { model::expect(g->count.get() == writers, "a write was lost"); });
}

// A writer that gives up lets the readers behind it go on.
void a_writer_gives_up(model::scene& s) {
  clean_table::use(s);
  model::spins_allowed = 0;
  auto g = std::make_shared<guarded<shared_mutex>>();
  for (int i = 0; i < 2; ++i) {
    s.thread("reader", [g] {
      g->lock.lock_shared();
      model::expect(g->count.get() <= 1, "what was written");
      g->lock.unlock_shared();
    });
  }
  s.thread("writer", [g] {
    if (g->lock.try_lock_for(1us)) {
      g->count_up();
      g->lock.unlock();
    }
  });
  s.at_end([g] { model::expect(g->lock.try_lock(), "the lock is free"); });
}

TEST(Model, SharedMutex) {
  model::verify("shared mutex (sync/shared_mutex.cpp)", {"shared_mutex.hpp", "shared_mutex.cpp"},
                {read_and_write<1, 1>, read_and_write<2, 1>, read_and_write<1, 2>, a_writer_gives_up}, few,
                {{"shared_mutex.cpp", "(seen & ~cleared) + info.woken * one_reader", passed_on},
                 {"shared_mutex.cpp", "seen & ~(info.woken != 0 ? writer_pending : writer_holds)", under_the_lock},
                 {"shared_mutex.cpp", "state_.compare_exchange_weak(seen, after", passed_on}});
}

}  // namespace
}  // namespace goro
