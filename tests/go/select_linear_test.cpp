// Costs that must grow no faster than the number of those who wait, after Go's test/chanlinear.go.
#include <time.h>

#include <algorithm>

#include "chan_support.hpp"

using namespace support;

namespace {

#ifdef NDEBUG
constexpr bool measured = true;
#else
constexpr bool measured = false;  // debug builds walk the queue on purpose, to check it
#endif

// Of the process, in nanoseconds: what a busy machine makes longer is left out.
std::int64_t cpu_time() {
  timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return std::int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
}

// n goroutines wait in a select on one channel for all and one of their own, through which each is woken again and
// again: each wake takes it out of the middle of the long queue.
std::int64_t time_of(int n) {
  constexpr int messages = 10;
  const auto common = make_chan<bool>();
  std::vector<chan<bool>> own;
  const std::int64_t start = cpu_time();
  for (int i = 0; i < n; ++i) {
    own.push_back(make_chan<bool>());
    goro::go([common, own = own.back()] {
      for (int k = 0; k < messages; ++k) {
        goro::select(goro::recv_case(common), goro::recv_case(own));
      }
    });
  }
  in_goroutine([&] {
    for (int k = 0; k < messages; ++k) {
      for (const auto& c : own) {
        c.send(true);
      }
    }
  });
  return cpu_time() - start;
}

// Four times as many take four times as long, or sixteen if leaving the queue means to walk it. Caches
// that other work has emptied make single measurements longer, never shorter, so the shortest of several counts.
TEST(select_linear, chanlinear) {
  constexpr int n = measured ? 2000 : 50;
  std::int64_t few = time_of(n);
  std::int64_t many = time_of(4 * n);
  for (int i = 0; measured && i < 8 && many > 8 * few; ++i) {
    few = std::min(few, time_of(n));
    many = std::min(many, time_of(4 * n));
  }
  EXPECT_TRUE(!measured || many < 8 * few) << few << " ns and " << many << " ns";
}

}  // namespace
