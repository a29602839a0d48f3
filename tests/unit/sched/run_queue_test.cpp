#include "sched/run_queue.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "sched/fresh_stack.hpp"

namespace goro::sched {
namespace {

// Runnables that can be told apart; never run.
class records {
 public:
  explicit records(std::size_t n) : launches_(n) {}
  runnable operator[](std::size_t i) { return runnable::fresh(launches_[i]); }
  std::size_t number_of(runnable r) const { return static_cast<std::size_t>(&r.as_launch() - launches_.data()); }

 private:
  std::vector<launch> launches_;
};

TEST(RunnableList, KeepsOrderAndCounts) {
  records all(5);
  runnable_list list;
  EXPECT_TRUE(list.empty());
  EXPECT_FALSE(list.pop_front());
  for (std::size_t i = 0; i < 3; ++i) {
    list.push_back(all[i]);
  }
  runnable_list more;
  list.append(more);  // nothing
  EXPECT_EQ(list.size(), 3U);
  more.push_back(all[3]);
  more.push_back(all[4]);
  list.append(more);
  EXPECT_TRUE(more.empty());
  EXPECT_EQ(list.size(), 5U);
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(list.pop_front(), all[i]);
  }
  EXPECT_TRUE(list.empty());
  more.push_back(all[0]);
  list.append(more);  // to an empty one
  list.push_back(all[1]);
  EXPECT_EQ(list.pop_front(), all[0]);
  EXPECT_EQ(list.pop_front(), all[1]);
}

TEST(Runnable, SaysWhatItIs) {
  launch l;
  const runnable r = runnable::fresh(l);
  EXPECT_TRUE(r);
  EXPECT_TRUE(r.is_fresh());
  EXPECT_EQ(&r.as_launch(), &l);
  EXPECT_EQ(runnable::from_bits(r.bits()), r);
  EXPECT_FALSE(runnable{});
}

// Go: TestSchedLocalQueue.
TEST(RunQueue, FirstInFirstOutAcrossTheWrap) {
  records all(run_queue::capacity);
  auto queue = std::make_unique<run_queue>();
  for (std::size_t fill = 1; fill <= run_queue::capacity; fill += 5) {
    for (std::size_t i = 0; i < fill; ++i) {
      ASSERT_TRUE(queue->push_back(all[i]));
    }
    EXPECT_EQ(queue->ring_size(), fill);
    for (std::size_t i = 0; i < fill; ++i) {
      ASSERT_EQ(queue->pop_front(), all[i]);
    }
    ASSERT_FALSE(queue->pop_front());
    ASSERT_TRUE(queue->empty());
  }
}

TEST(RunQueue, RefusesWhenFullAndGivesUpTheOlderHalf) {
  records all(run_queue::capacity + 1);
  auto queue = std::make_unique<run_queue>();
  for (std::size_t i = 0; i < run_queue::capacity; ++i) {
    ASSERT_TRUE(queue->push_back(all[i]));
  }
  EXPECT_FALSE(queue->push_back(all[run_queue::capacity]));
  runnable_list half;
  queue->take_half(half);
  EXPECT_EQ(half.size(), run_queue::capacity / 2);
  EXPECT_EQ(half.pop_front(), all[0]);
  EXPECT_EQ(queue->pop_front(), all[run_queue::capacity / 2]);
  EXPECT_TRUE(queue->push_back(all[run_queue::capacity]));
}

TEST(RunQueue, RunNextIsDisplacedAndComesFirstInTakeAll) {
  records all(4);
  run_queue queue;
  EXPECT_FALSE(queue.exchange_next(all[0]));
  EXPECT_FALSE(queue.empty());
  EXPECT_EQ(queue.exchange_next(all[1]), all[0]);
  ASSERT_TRUE(queue.push_back(all[2]));
  ASSERT_TRUE(queue.push_back(all[3]));
  runnable_list rest;
  queue.take_all(rest);
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(rest.pop_front(), all[1]);
  EXPECT_EQ(rest.pop_front(), all[2]);
  EXPECT_EQ(rest.pop_front(), all[3]);
  EXPECT_FALSE(queue.pop_next());
}

TEST(RunQueue, AThiefTakesRunNextOnlyWhileItIsTheOneItSaw) {
  records all(2);
  run_queue queue;
  queue.exchange_next(all[0]);
  EXPECT_EQ(queue.look_at_next(), all[0]);
  EXPECT_FALSE(queue.steal_next(all[1]));
  EXPECT_TRUE(queue.steal_next(all[0]));
  EXPECT_FALSE(queue.steal_next(all[0]));
  EXPECT_TRUE(queue.empty());
}

TEST(RunQueue, AfterAThiefHasTakenRunNextNothingIsDisplaced) {
  records all(3);
  run_queue queue;
  queue.exchange_next(all[0]);
  ASSERT_TRUE(queue.steal_next(all[0]));
  EXPECT_FALSE(queue.exchange_next(all[1]));
  EXPECT_EQ(queue.look_at_next(), all[1]);
  EXPECT_FALSE(queue.steal_next(all[0]));  // what was there before is not taken for what is
  EXPECT_EQ(queue.exchange_next(all[2]), all[1]);
  EXPECT_EQ(queue.pop_next(), all[2]);
  EXPECT_FALSE(queue.exchange_next(all[0]));  // nor after its owner has taken it
  EXPECT_EQ(queue.pop_next(), all[0]);
  EXPECT_TRUE(queue.empty());
}

// Run_next is no part of the ring: it is exchanged as ever when that is full.
TEST(RunQueue, RunNextIsDisplacedBesideAFullRing) {
  records all(run_queue::capacity + 3);
  auto queue = std::make_unique<run_queue>();
  for (std::size_t i = 0; i < run_queue::capacity; ++i) {
    ASSERT_TRUE(queue->push_back(all[i]));
  }
  EXPECT_FALSE(queue->exchange_next(all[run_queue::capacity]));
  EXPECT_EQ(queue->exchange_next(all[run_queue::capacity + 1]), all[run_queue::capacity]);
  EXPECT_FALSE(queue->push_back(all[run_queue::capacity]));
  EXPECT_EQ(queue->ring_size(), run_queue::capacity);
  EXPECT_EQ(queue->pop_next(), all[run_queue::capacity + 1]);
  EXPECT_EQ(queue->pop_front(), all[0]);
}

// Each that is put into run_next is either displaced or stolen, whoever is faster.
TEST(RunQueue, RunNextIsFoughtFor) {
  constexpr std::size_t count = GORO_WITH_TSAN ? 40'000 : 200'000;
  records all(count);
  std::vector<std::atomic<int>> seen(count);
  run_queue victim;
  std::atomic<bool> thief_is_there{false};
  std::atomic<bool> done{false};
  std::thread thief([&] {
    thief_is_there = true;
    while (!done.load(std::memory_order_acquire)) {
      const runnable next = victim.look_at_next();
      if (next && victim.steal_next(next)) {
        ++seen[all.number_of(next)];
      }
    }
  });
  while (!thief_is_there) {
    std::this_thread::yield();
  }
  for (std::size_t i = 0; i < count; ++i) {
    if (const runnable displaced = victim.exchange_next(all[i])) {
      ++seen[all.number_of(displaced)];
    }
  }
  if (const runnable last = victim.pop_next()) {
    ++seen[all.number_of(last)];
  }
  done.store(true, std::memory_order_release);
  thief.join();
  EXPECT_TRUE(victim.empty());
  for (std::size_t i = 0; i < count; ++i) {
    ASSERT_EQ(seen[i].load(), 1) << i;
  }
}

// Go: TestSchedLocalQueueSteal.
TEST(RunQueue, AThiefTakesHalfRoundedUpAndRunsOne) {
  records all(run_queue::capacity);
  for (std::size_t n = 0; n <= run_queue::capacity; n += 3) {
    auto victim = std::make_unique<run_queue>();
    auto thief = std::make_unique<run_queue>();
    for (std::size_t i = 0; i < n; ++i) {
      ASSERT_TRUE(victim->push_back(all[i]));
    }
    const runnable got = victim->steal_into(*thief);
    ASSERT_EQ(static_cast<bool>(got), n != 0);
    std::vector<int> seen(n, 0);
    if (got) {
      ++seen[all.number_of(got)];
      EXPECT_EQ(thief->ring_size() + 1, n - n / 2);
    }
    while (const runnable r = victim->pop_front()) {
      ++seen[all.number_of(r)];
    }
    while (const runnable r = thief->pop_front()) {
      ++seen[all.number_of(r)];
    }
    EXPECT_EQ(std::vector<int>(n, 1), seen) << n;
  }
}

// One owner pushes, pops, overflows and displaces run_next while thieves take all they can: every runnable comes out
// exactly once.
TEST(RunQueue, OwnerAndThievesShareWithoutLossOrDouble) {
  constexpr std::size_t count = GORO_WITH_TSAN ? 40'000 : 200'000;
  records all(count);
  std::vector<std::atomic<int>> seen(count);
  const auto saw = [&](runnable r) { seen[all.number_of(r)].fetch_add(1, std::memory_order_relaxed); };
  auto victim = std::make_unique<run_queue>();
  std::atomic<bool> done{false};
  std::vector<std::thread> thieves;
  for (int t = 0; t < 3; ++t) {
    thieves.emplace_back([&, t] {
      auto own = std::make_unique<run_queue>();
      while (!done.load(std::memory_order_acquire)) {
        if (t == 0) {
          const runnable next = victim->look_at_next();
          if (next && victim->steal_next(next)) {
            saw(next);
          }
        }
        if (const runnable r = victim->steal_into(*own)) {
          saw(r);
        }
        while (const runnable r = own->pop_front()) {
          saw(r);
        }
      }
    });
  }
  runnable_list overflow;
  const auto push = [&](runnable r) {
    while (!victim->push_back(r)) {
      victim->take_half(overflow);
    }
  };
  for (std::size_t i = 0; i < count; ++i) {
    if (i % 7 == 0) {
      if (const runnable displaced = victim->exchange_next(all[i])) {
        push(displaced);
      }
    } else {
      push(all[i]);
    }
    if (i % 3 == 0) {
      if (const runnable r = victim->pop_front()) {
        saw(r);
      }
    }
    if (i % 101 == 0) {
      if (const runnable r = victim->pop_next()) {
        saw(r);
      }
    }
  }
  victim->take_all(overflow);
  done.store(true, std::memory_order_release);
  for (auto& t : thieves) {
    t.join();
  }
  while (const runnable r = overflow.pop_front()) {
    saw(r);
  }
  for (std::size_t i = 0; i < count; ++i) {
    ASSERT_EQ(seen[i].load(), 1) << i;
  }
}

// The owner keeps only one or two entries, so that nearly every pop meets a thief at the last one.
TEST(RunQueue, TheLastEntryIsFoughtFor) {
  constexpr std::size_t count = GORO_WITH_TSAN ? 40'000 : 200'000;
  records all(count);
  std::vector<std::atomic<int>> seen(count);
  auto victim = std::make_unique<run_queue>();
  std::atomic<bool> done{false};
  std::thread thief([&] {
    auto own = std::make_unique<run_queue>();
    while (!done.load(std::memory_order_acquire)) {
      if (const runnable r = victim->steal_into(*own)) {
        ++seen[all.number_of(r)];
      }
    }
  });
  for (std::size_t i = 0; i < count; ++i) {
    ASSERT_TRUE(victim->push_back(all[i]));
    if (const runnable r = victim->pop_front()) {
      ++seen[all.number_of(r)];
    }
  }
  while (const runnable r = victim->pop_front()) {
    ++seen[all.number_of(r)];
  }
  done.store(true, std::memory_order_release);
  thief.join();
  for (std::size_t i = 0; i < count; ++i) {
    ASSERT_EQ(seen[i].load(), 1) << i;
  }
}

TEST(FreshStack, NewestFirstForTheOwnerOldestForThieves) {
  records all(fresh_stack::capacity + 1);
  auto stack = std::make_unique<fresh_stack>();
  EXPECT_FALSE(stack->pop());
  EXPECT_FALSE(stack->take_oldest());
  for (int wrap = 0; wrap < 5; ++wrap) {
    for (std::size_t i = 0; i < fresh_stack::capacity; ++i) {
      ASSERT_TRUE(stack->push(all[i]));
    }
    EXPECT_FALSE(stack->push(all[fresh_stack::capacity]));
    EXPECT_EQ(stack->take_oldest(), all[0]);
    EXPECT_EQ(stack->pop(), all[fresh_stack::capacity - 1]);
    EXPECT_EQ(stack->size(), fresh_stack::capacity - 2);
    while (stack->pop()) {
    }
    EXPECT_TRUE(stack->empty());
  }
}

TEST(FreshStack, OwnerAndThievesShareWithoutLossOrDouble) {
  constexpr std::size_t count = GORO_WITH_TSAN ? 40'000 : 200'000;
  records all(count);
  std::vector<std::atomic<int>> seen(count);
  const auto saw = [&](runnable r) { seen[all.number_of(r)].fetch_add(1, std::memory_order_relaxed); };
  auto stack = std::make_unique<fresh_stack>();
  std::atomic<bool> done{false};
  std::vector<std::thread> thieves;
  for (int t = 0; t < 3; ++t) {
    thieves.emplace_back([&] {
      while (!done.load(std::memory_order_acquire)) {
        if (const runnable r = stack->take_oldest()) {
          saw(r);
        }
      }
    });
  }
  for (std::size_t i = 0; i < count; ++i) {
    while (!stack->push(all[i])) {
      if (const runnable r = stack->take_oldest()) {
        saw(r);
      }
    }
    // Mostly down to the last entry, at times up to the brim.
    if ((i / 1000) % 4 != 0) {
      if (const runnable r = stack->pop()) {
        saw(r);
      }
    }
  }
  while (const runnable r = stack->pop()) {
    saw(r);
  }
  done.store(true, std::memory_order_release);
  for (auto& t : thieves) {
    t.join();
  }
  EXPECT_TRUE(stack->empty());
  for (std::size_t i = 0; i < count; ++i) {
    ASSERT_EQ(seen[i].load(), 1) << i;
  }
}

}  // namespace
}  // namespace goro::sched
