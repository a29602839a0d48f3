// What select costs in memory, after Go's chan/select2.go and fixedbugs/issue9110.go: allocations are counted.
#include <cstddef>
#include <utility>

#include "chan_support.hpp"
#include "counted_allocation.hpp"

using namespace support;

namespace {

// Receives n times what somebody sends, through a select of 2 + sizeof...(Others) cases.
template <std::size_t... Others>
void receive_by_select(const chan<int>& c, const chan<int>& never, int n, std::index_sequence<Others...>) {
  for (int i = 0; i < n; ++i) {
    EXPECT_EQ(goro::select(((void)Others, goro::recv_case(never))..., goro::recv_case(c), goro::recv_case(never)),
              sizeof...(Others));
  }
}

// Allocations of `f`, which runs on one side, while `g` runs on the other. Once to warm up, once counted.
template <class F, class G>
long allocations_of(F f, G g) {
  long counted = 0;
  for (int round = 0; round < 2; ++round) {
    long before = 0;
    const auto begin = make_chan<void>();
    const auto end = make_chan<void>();
    together(
        2,
        [&](int who) {
          if (who == 0) {
            before = allocations;
            begin.send();
            f();
            end.recv();
            counted = allocations - before;
          } else {
            begin.recv();
            g();
            end.send();
          }
        },
        callers::goroutines);
  }
  return counted;
}

// What the runtime may allocate meanwhile for threads that it starts. An allocation for each wait would be thousands.
constexpr long threads = 16;

TEST(select_memory, select2_WaitingDoesNotAllocate) {
  if (!support::counts_allocations) {
    GTEST_SKIP() << "allocations are not counted in a race build";
  }
  constexpr int n = 2500 * scale;
  for (const int processors : {1, 2}) {
    const int before = goro::gomaxprocs(processors);
    const auto c = make_chan<int>();
    const auto never = make_chan<int>();
    const auto send = [&] {
      for (int i = 0; i < n; ++i) {
        c.send(1);
      }
    };
    EXPECT_LE(allocations_of(send, [&] { receive_by_select(c, never, n, std::make_index_sequence<0>{}); }), threads)
        << "two cases";
    EXPECT_LE(allocations_of(send, [&] { receive_by_select(c, never, n, std::make_index_sequence<6>{}); }), threads)
        << "eight cases";
    goro::gomaxprocs(before);
  }
}

TEST(select_memory, NeitherDoChannelsWithoutSelect) {
  if (!support::counts_allocations) {
    GTEST_SKIP() << "allocations are not counted in a race build";
  }
  constexpr int n = 2500 * scale;
  for (const std::size_t capacity : {0, 8}) {
    const auto c = make_chan<int>(capacity);
    EXPECT_LE(allocations_of(
                  [&] {
                    for (int i = 0; i < n; ++i) {
                      c.send(i);
                    }
                  },
                  [&] {
                    for (int i = 0; i < n; ++i) {
                      EXPECT_EQ(c.recv(), i);
                    }
                  }),
              threads);
  }
}

// fixedbugs/issue9110.go: selects with the same channel three times, all woken by close, round after round: what they
// used comes back.
TEST(select_memory, issue9110_NothingIsKept) {
  if (!support::counts_allocations) {
    GTEST_SKIP() << "allocations are not counted in a race build";
  }
  const auto round = [] {
    const auto c = make_chan<int>();
    together(11, [&](int who) {
      if (who == 10) {
        let_others_run();
        c.close();
      } else {
        goro::select(goro::recv_case(c), goro::recv_case(c), goro::recv_case(c));
      }
    });
  };
  for (int i = 0; i < 20; ++i) {
    round();
  }
  const auto settled = [] { return eventually([] { return goro::num_goroutine() == 0; }); };
  ASSERT_TRUE(settled());
  const long before = allocations_in_use;
  for (int i = 0; i < 100; ++i) {
    round();
  }
  ASSERT_TRUE(settled());
  EXPECT_LE(allocations_in_use, before + 10);
}

}  // namespace
