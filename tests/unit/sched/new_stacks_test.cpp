// Stacks that are used for the first time: what is ready before a goroutine needs it.
#include <sys/mman.h>

#include "platform/os.hpp"
#include "sched/inside.hpp"
#include "stack/guard.hpp"
#include "support.hpp"

namespace goro::sched {
namespace {

using sched_test::eventually;
using sched_test::in_goroutine;

bool first_page_is_there(const stack::slot& s) {
  unsigned char resident = 0;
  EXPECT_EQ(::mincore(s.base + stack::slot_size(s.size) - 4096, 4096, &resident), 0);
  return (resident & 1) != 0;
}

// A goroutine that parks binds the next one to its stack while a channel is locked, so the kernel's work must be done.
TEST(NewStack, OfTheNextGoroutineHasItsPageBeforeAnybodyParks) {
  if (GORO_WITH_ASAN || GORO_WITH_TSAN) {
    GTEST_SKIP() << "nobody may write there yet";
  }
  gomaxprocs(1);
  in_goroutine([] {
    constexpr int count = 200;
    std::atomic<int> checked{0};
    std::atomic<int> alive{count};
    for (int i = 0; i < count; ++i) {
      go([&] {
        {
          const inside_runtime section;
          processor* p = section.held();
          if (p != nullptr && !p->stacks.empty()) {
            const stack::slot next = p->stacks.pop();
            EXPECT_TRUE(first_page_is_there(next));
            p->stacks.push(next);
          }
        }
        ++checked;
        while (checked < count) {
          yield();
        }
        --alive;
      });
    }
    while (alive != 0) {
      yield();
    }
  });
}

TEST(NewStack, ManyArePreparedWhereACpuIsFree) {
  if (stack::guards_in_use() != stack::guard_kind::kernel || GORO_WITH_TSAN || platform::usable_processors() < 2) {
    GTEST_SKIP() << "there is nobody to prepare them; sanitizers have stacks of their own size";
  }
  while (stack::scavenge(10'000)) {
  }
  gomaxprocs(1);
  in_goroutine([] {
    std::atomic<bool> stop{false};
    std::atomic<int> alive{0};
    EXPECT_TRUE(eventually([&] {
      for (int i = 0; i < 100; ++i) {
        ++alive;
        go([&] {
          while (!stop) {
            yield();
          }
          --alive;
        });
      }
      yield();
      return stack::arena_statistics().slots_free_dirty >= stack::guards_at_once;
    }));
    stop = true;
    while (alive != 0) {
      yield();
    }
  });
}

}  // namespace
}  // namespace goro::sched
