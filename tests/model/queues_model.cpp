// The queues of a processor: what is pushed is taken once, by whoever takes it, whole.
#include <array>

#include "sched/fresh_stack.hpp"
#include "sched/goroutine.hpp"
#include "sched/run_queue.hpp"
#include "support.hpp"

namespace goro::sched {
namespace {

using model::expect;
using model::scene;

// Some goroutines' records, each with something written by whoever made it runnable and read by whoever runs it.
template <unsigned n>
struct goroutines {
  std::array<launch, n> records;
  std::array<model::data<int>, n> written;
  std::array<int, n> runs{};

  runnable make(unsigned i) {
    written[i].set(static_cast<int>(i) + 1);
    return runnable::fresh(records[i]);
  }
  void run(runnable r) {
    if (r) {
      const auto i = static_cast<std::size_t>(&r.as_launch() - records.data());
      expect(i < n, "what was taken was never pushed");
      expect(written[i].get() == static_cast<int>(i) + 1, "read before it was written");
      ++runs[i];
    }
  }
  void run_all(runnable_list& list) {
    while (const runnable r = list.pop_front()) {
      run(r);
    }
  }
  void check_each_ran_once() const {
    for (const int times : runs) {
      expect(times != 0, "a goroutine was lost");
      expect(times == 1, "a goroutine ran twice");
    }
  }
};

template <unsigned n>
struct one_queue {
  goroutines<n> all;
  run_queue owned;
  run_queue thief;

  void run_rest() {
    for (run_queue* q : {&owned, &thief}) {
      runnable_list rest;
      q->take_all(rest);
      all.run_all(rest);
    }
    all.check_each_ran_once();
  }
};

void owner_pops_while_a_thief_takes_half(scene& s) {
  auto q = std::make_shared<one_queue<3>>();
  s.thread("owner", [q] {
    for (unsigned i = 0; i < 3; ++i) {
      q->owned.push_back(q->all.make(i));
    }
    q->all.run(q->owned.pop_front());
  });
  s.thread("thief", [q] { q->all.run(q->owned.steal_into(q->thief)); });
  s.at_end([q] { q->run_rest(); });
}

// The ring is full and wraps round while a thief reads its slots.
void owner_wraps_round_while_a_thief_looks(scene& s) {
  auto q = std::make_shared<one_queue<6>>();
  for (unsigned i = 0; i < 4; ++i) {
    q->owned.push_back(q->all.make(i));
  }
  s.thread("owner", [q] {
    for (unsigned i = 4; i < 6; ++i) {
      q->all.run(q->owned.pop_front());
      if (!q->owned.push_back(q->all.make(i))) {
        q->all.run(runnable::fresh(q->all.records[i]));
      }
    }
  });
  s.thread("thief", [q] { q->all.run(q->owned.steal_into(q->thief)); });
  s.at_end([q] { q->run_rest(); });
}

void owner_moves_half_away_while_a_thief_takes_half(scene& s) {
  auto q = std::make_shared<one_queue<4>>();
  s.thread("owner", [q] {
    for (unsigned i = 0; i < 4; ++i) {
      q->owned.push_back(q->all.make(i));
    }
    runnable_list half;
    q->owned.take_half(half);
    q->all.run_all(half);
  });
  s.thread("thief", [q] { q->all.run(q->owned.steal_into(q->thief)); });
  s.at_end([q] { q->run_rest(); });
}

void two_thieves(scene& s) {
  struct two : one_queue<3> {
    run_queue other_thief;
  };
  auto q = std::make_shared<two>();
  s.thread("owner", [q] {
    for (unsigned i = 0; i < 3; ++i) {
      q->owned.push_back(q->all.make(i));
    }
  });
  s.thread("thief", [q] { q->all.run(q->owned.steal_into(q->thief)); });
  s.thread("thief 2", [q] { q->all.run(q->owned.steal_into(q->other_thief)); });
  s.at_end([q] {
    runnable_list rest;
    q->other_thief.take_all(rest);
    q->all.run_all(rest);
    q->run_rest();
  });
}

void next_is_taken_once(scene& s) {
  auto q = std::make_shared<one_queue<2>>();
  s.thread("owner", [q] {
    for (unsigned i = 0; i < 2; ++i) {
      if (const runnable displaced = q->owned.exchange_next(q->all.make(i))) {
        q->owned.push_back(displaced);
      }
    }
    q->all.run(q->owned.pop_next());
  });
  s.thread("thief", [q] {
    const runnable seen = q->owned.look_at_next();
    if (seen && q->owned.steal_next(seen)) {
      q->all.run(seen);
    }
    q->all.run(q->owned.steal_into(q->thief));
  });
  s.at_end([q] { q->run_rest(); });
}

// What was stolen is stolen again.
void thief_is_robbed(scene& s) {
  auto q = std::make_shared<one_queue<4>>();
  auto robber = std::make_shared<run_queue>();
  s.thread("owner", [q] {
    for (unsigned i = 0; i < 4; ++i) {
      q->owned.push_back(q->all.make(i));
    }
  });
  s.thread("thief", [q] { q->all.run(q->owned.steal_into(q->thief)); });
  s.thread("robber", [q, robber] { q->all.run(q->thief.steal_into(*robber)); });
  s.at_end([q, robber] {
    runnable_list rest;
    robber->take_all(rest);
    q->all.run_all(rest);
    q->run_rest();
  });
}

template <unsigned n>
struct one_stack {
  goroutines<n> all;
  fresh_stack owned;

  void push(unsigned i) {
    if (const runnable r = all.make(i); !owned.push(r)) {
      all.run(r);
    }
  }
  void run_rest() {
    while (const runnable r = owned.pop()) {
      all.run(r);
    }
    all.check_each_ran_once();
  }
};

void last_one_is_fought_for(scene& s) {
  auto q = std::make_shared<one_stack<2>>();
  s.thread("owner", [q] {
    q->push(0);
    q->push(1);
    q->all.run(q->owned.pop());
    q->all.run(q->owned.pop());
  });
  s.thread("thief", [q] { q->all.run(q->owned.take_oldest()); });
  s.at_end([q] { q->run_rest(); });
}

void two_thieves_and_wrapping_round(scene& s) {
  auto q = std::make_shared<one_stack<4>>();
  q->push(0);
  q->push(1);
  s.thread("owner", [q] {
    q->push(2);
    q->all.run(q->owned.pop());
    q->push(3);
  });
  for (const char* name : {"thief", "thief 2"}) {
    s.thread(name, [q] { q->all.run(q->owned.take_oldest()); });
  }
  s.at_end([q] { q->run_rest(); });
}

constexpr const char* reuse =
    "a slot is read before it is overwritten: without the edge a load might read what is stored later, which is not "
    "modelled";

TEST(Model, RunQueue) {
  model::verify("run queue (sched/run_queue.hpp)", {"run_queue.hpp", "run_queue.cpp"},
                {owner_pops_while_a_thief_takes_half, owner_wraps_round_while_a_thief_looks,
                 owner_moves_half_away_while_a_thief_takes_half, two_thieves, next_is_taken_once, thief_is_robbed},
                {},
                {{"run_queue.hpp", "head_", reuse},
                 {"run_queue.cpp", "head_", reuse},
                 {"run_queue.hpp", "run_next_.exchange", "what the owner takes out it has put in itself"},
                 {"run_queue.hpp", "run_next_.compare_exchange_strong", reuse}});
}

TEST(Model, FreshStack) {
  model::verify("fresh stack (sched/fresh_stack.hpp)", {"fresh_stack.hpp"},
                {last_one_is_fought_for, two_thieves_and_wrapping_round}, {},
                {{"fresh_stack.hpp", "= top_.load(base::memory_order_acquire);  // sync: fresh-take", reuse},
                 {"fresh_stack.hpp", "others == 0 &&",
                  "acquire and release would do; as in the paper, and the last entry is rare"},
                 {"fresh_stack.hpp", "bottom_.store(bottom + 1, base::memory_order_release)",
                  "the second: it publishes nothing new"},
                 {"fresh_stack.hpp", "std::uint32_t top = top_.load(base::memory_order_seq_cst);              //",
                  "an acquire would do; as in the paper, and thieves are rare"}});
}

}  // namespace
}  // namespace goro::sched
