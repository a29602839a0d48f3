// Behaviour of goro::once. Names in capitals are those of Go's sync/once_test.go.
#include "goro/once.hpp"

#include <memory>
#include <stdexcept>

#include "support.hpp"

using namespace support;

namespace {

TEST(sync_once, TestOnce) {
  sweep_processors([] {
    goro::once once;
    int count = 0;
    together(10, [&](int) {
      once.call([&] { ++count; });
      EXPECT_EQ(count, 1);
    });
    EXPECT_EQ(count, 1);
  });
}

TEST(sync_once, TestOncePanic) {
  goro::once once;
  EXPECT_THROW(once.call([] { throw std::runtime_error("failed"); }), std::runtime_error);
  once.call([] { FAIL() << "called twice"; });
}

TEST(sync_once, CountsAsDoneAfterGoexit) {
  goro::once once;
  std::atomic<bool> ended{false};
  goro::go([&] {
    const goro::defer at_end{[&] { ended = true; }};
    once.call([] { goro::goexit(); });
  });
  ASSERT_TRUE(eventually([&] { return ended.load(); }));
  once.call([] { FAIL() << "called twice"; });
}

TEST(sync_once, LateCallersWaitForTheEnd) {
  sweep_processors([] {
    goro::once once;
    std::atomic<int> arrived{0};
    bool done = false;
    together(6, [&](int) {
      ++arrived;
      once.call([&] {
        EXPECT_TRUE(eventually([&] { return arrived == 6; }));
        goro::sleep(100us);
        done = true;
      });
      EXPECT_TRUE(done);
    });
  });
}

// The last to return may destroy it (sanitizers watch).
TEST(sync_once, MayBeDestroyedByALateCaller) {
  sweep_processors([] {
    for (int i = 0; i < 50 * scale; ++i) {
      auto* once = new goro::once;
      std::atomic<int> users{3};
      together(3, [&, once](int) {
        once->call([] { goro::yield(); });
        if (--users == 0) {
          delete once;
        }
      });
    }
  });
}

}  // namespace
