// Behaviour of goro::singleflight. Names in capitals are those of Go's x/sync/singleflight/singleflight_test.go.
#include "goro/singleflight.hpp"

#include <memory>
#include <stdexcept>
#include <string>
#include <system_error>

#include "goro/chan.hpp"
#include "goro/future.hpp"
#include "support.hpp"

using namespace support;

namespace {

TEST(sync_singleflight, TestDo) {
  goro::singleflight group;
  const auto result = group.do_("key", [] { return std::string("bar"); });
  EXPECT_EQ(result.value(), "bar");
  EXPECT_EQ(*result, "bar");
  EXPECT_FALSE(result.shared());
  group.do_("key", [] {}).value();  // the key is free again, for another type as well
}

TEST(sync_singleflight, TestDoErr) {
  goro::singleflight group;
  const auto fails = [&](auto f) { return group.do_("key", f); };
  EXPECT_THROW(fails([]() -> int { throw std::system_error(std::make_error_code(std::errc::bad_message)); }),
               std::system_error);
  EXPECT_EQ(fails([] { return 1; }).value(), 1);
}

TEST(sync_singleflight, TestDoDupSuppress) {
  sweep_processors([] {
    constexpr int n = 10;
    goro::singleflight group;
    std::atomic<int> calls{0};
    std::atomic<int> shared{0};
    const auto gate = goro::make_chan<void>();
    together(n + 1, [&](int who) {
      if (who == n) {
        EXPECT_TRUE(eventually([&] { return calls == 1; }));
        goro::yield();  // some have joined by now, some have not
        gate.close();
        return;
      }
      const auto result = group.do_("key", [&] {
        ++calls;
        gate.recv();
        return std::make_unique<std::string>("bar");
      });
      EXPECT_EQ(**result, "bar");
      shared += result.shared() ? 1 : 0;
    });
    EXPECT_GE(calls, 1);
    EXPECT_GE(shared, calls == n ? 0 : 2) << "who runs and who joins both know";
  });
}

// All that call while the first is under way are served by it.
TEST(sync_singleflight, EverybodyWhoCallsMeanwhileSharesTheCall) {
  sweep_processors([] {
    goro::singleflight group;
    std::atomic<int> calls{0};
    const auto gate = goro::make_chan<void>();
    const auto f = [&] {
      ++calls;
      gate.recv();
      return 7;
    };
    std::vector<goro::recv_chan<goro::singleflight::result<int>>> results;
    for (int i = 0; i < 10; ++i) {
      results.push_back(group.do_chan("key", f));
    }
    const auto another = group.do_chan("another key", [] { return 8; });
    EXPECT_EQ(another.recv()->value(), 8);
    gate.close();
    for (const auto& result : results) {
      const auto got = result.recv();
      EXPECT_EQ(got->value(), 7);
      EXPECT_TRUE(got->shared());
    }
    EXPECT_EQ(calls, 1);
  });
}

TEST(sync_singleflight, TestForget) {
  goro::singleflight group;
  const auto first_started = goro::make_chan<void>();
  const auto unblock_first = goro::make_chan<void>();
  const auto first = group.do_chan("key", [&] {
    first_started.close();
    unblock_first.recv();
    return 1;
  });
  first_started.recv();
  group.forget("key");
  group.forget("no such key");

  const auto unblock_second = goro::make_chan<void>();
  const auto second = group.do_chan("key", [&] {
    unblock_second.recv();
    return 2;
  });
  unblock_first.close();
  EXPECT_EQ(first.recv()->value(), 1);

  const auto third = group.do_chan("key", [] { return 3; });
  unblock_second.close();
  EXPECT_EQ(second.recv()->value(), 2);
  EXPECT_EQ(third.recv()->value(), 2) << "the end of the forgotten call does not free the key of the second";
}

TEST(sync_singleflight, TestDoChan) {
  goro::singleflight group;
  const auto result = group.do_chan("key", [] { return std::string("bar"); }).recv();
  EXPECT_EQ(result->value(), "bar");
  EXPECT_FALSE(result->shared());
}

// Every caller is thrown what the function throws.
TEST(sync_singleflight, TestPanicDo) {
  sweep_processors([] {
    constexpr int n = 5;
    goro::singleflight group;
    std::atomic<int> thrown{0};
    together(n, [&](int) {
      try {
        group.do_("key", []() -> int { throw std::domain_error("no"); });
      } catch (const std::domain_error&) {
        ++thrown;
      }
    });
    EXPECT_EQ(thrown, n);
  });
}

TEST(sync_singleflight, TestPanicErrorUnwrap) {
  goro::singleflight group;
  try {
    group.do_("key", [] { throw 42; });
    ADD_FAILURE() << "did not throw";
  } catch (const int thrown) {
    EXPECT_EQ(thrown, 42) << "the very object, not a wrapper";
  }
}

// The function's goroutine ends. The others cannot have a result: they panic, instead of waiting forever.
TEST(sync_singleflight, TestGoexitDo) {
  sweep_processors([] {
    constexpr int n = 5;
    goro::singleflight group;
    std::atomic<int> ended{0};
    const auto started = goro::make_chan<void>();
    const auto gate = goro::make_chan<void>();
    goro::go([&] {
      const goro::defer at_end{[&ended] { ++ended; }};
      group.do_("key", [&] {
        started.close();
        gate.recv();
        goro::goexit();
      });
      ADD_FAILURE() << "goexit goes through";
    });
    started.recv();
    std::vector<goro::recv_chan<goro::singleflight::result<void>>> others;
    for (int i = 0; i < n; ++i) {
      others.push_back(group.do_chan("key", [] {}));
    }
    gate.close();
    for (const auto& other : others) {
      const auto result = other.recv();
      EXPECT_TRUE(panics_with("singleflight: goroutine exited without a result", [&] { result->value(); }));
    }
    EXPECT_TRUE(eventually([&] { return ended == 1; }));
    group.do_("key", [] {});
  });
}

TEST(sync_singleflight, TestPanicDoChan) {
  goro::singleflight group;
  const auto result = group.do_chan("key", []() -> int { throw std::domain_error("in do_chan"); }).recv();
  EXPECT_THROW(result->value(), std::domain_error);
}

TEST(sync_singleflight, TestPanicDoSharedByDoChan) {
  goro::singleflight group;
  const auto blocked = goro::make_chan<void>();
  const auto unblock = goro::make_chan<void>();
  const auto caller = goro::async([&] {
    group.do_("key", [&] {
      blocked.close();
      unblock.recv();
      throw std::domain_error("in do_");
    });
  });
  blocked.recv();
  const auto shared = group.do_chan("key", [] { ADD_FAILURE() << "a call is under way"; });
  unblock.close();
  EXPECT_THROW(shared.recv()->value(), std::domain_error);
  caller.wait();
}

TEST(sync_singleflight, AKeyHasOneTypeAtATime) {
  goro::singleflight group;
  const auto gate = goro::make_chan<void>();
  const auto number = group.do_chan("key", [gate] {
    gate.recv();
    return 1;
  });
  EXPECT_TRUE(panics_with("singleflight: key is in use for another type",
                          [&] { group.do_("key", [] { return std::string(); }); }));
  gate.close();
  EXPECT_EQ(number.recv()->value(), 1);
}

// Who was served last may destroy the object.
TEST(sync_singleflight, MayBeDestroyedByWhoWasServed) {
  sweep_processors([] {
    for (int i = 0; i < 50 * scale; ++i) {
      auto group = std::make_unique<goro::singleflight>();
      const auto result = group->do_chan("key", [] { return 1; });
      EXPECT_EQ(result.recv()->value(), 1);
      group.reset();
    }
  });
}

}  // namespace
