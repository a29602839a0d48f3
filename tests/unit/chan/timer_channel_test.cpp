#include "chan/timer_channel.hpp"

#include "sched/scheduler.hpp"
#include "support.hpp"

namespace goro {
namespace {

using namespace chan_test;

// As a timer's owner sees it.
struct timer_channel {
  static constexpr std::size_t room = 16;
  static inline std::atomic<int> ended{0};
  static void end(detail::chan_core& core) noexcept {
    ++ended;
    EXPECT_FALSE(detail::retain_if_alive(core)) << "the last reference is gone";
    detail::free_timer_channel(core, room);
  }

  detail::chan_core* core = detail::make_timer_channel(detail::cell_type_of<int>, room, &end);
  detail::chan_handle handle{core};

  bool fire(int value, bool wanted = true) {
    unsigned woken = 0;
    const bool sent = detail::send_from_timer(
        *core, &value, [wanted] { return wanted; }, woken);
    if (woken != 0) {
      sched::wake_for_work();
    }
    return sent;
  }
  bool drain() {
    return detail::drain_timer_channel(*core, [] {});
  }
};

class int_chan : public detail::with_recv<int, detail::chan_handle> {
 public:
  explicit int_chan(detail::chan_handle h) : with_recv(std::move(h)) {}
};

TEST(TimerChannel, SeemsToHaveNoBuffer) {
  timer_channel t;
  EXPECT_TRUE(t.fire(1));
  EXPECT_EQ(t.handle.size(), 0U);
  EXPECT_EQ(t.handle.capacity(), 0U);
  EXPECT_EQ(int_chan(t.handle).recv(), 1);
}

TEST(TimerChannel, KeepsOneValueAndDropsFurtherOnes) {
  timer_channel t;
  EXPECT_TRUE(t.fire(1));
  EXPECT_FALSE(t.fire(2));
  int out = 0;
  EXPECT_EQ(int_chan(t.handle).try_recv(out), chan_status::success);
  EXPECT_EQ(out, 1);
  EXPECT_EQ(int_chan(t.handle).try_recv(out), chan_status::empty);
}

TEST(TimerChannel, NothingStaleIsLeftAfterADrain) {
  timer_channel t;
  EXPECT_FALSE(t.drain());
  t.fire(1);
  EXPECT_TRUE(t.drain());
  EXPECT_FALSE(t.fire(2, false));
  int out = 0;
  EXPECT_EQ(int_chan(t.handle).try_recv(out), chan_status::empty);
  EXPECT_TRUE(t.fire(3));
  EXPECT_EQ(int_chan(t.handle).recv(), 3);
}

TEST(TimerChannel, WakesFromAThreadWithoutGoroutines) {
  sweep([] {
    timer_channel t;
    const auto done = make_chan<int>(1);
    go([&] { done.send(*int_chan(t.handle).recv()); });
    ASSERT_TRUE(eventually([&] { return has_receivers(t.handle); }));
    std::thread([&] { EXPECT_TRUE(t.fire(4)); }).join();
    EXPECT_EQ(done.recv(), 4);
  });
}

TEST(TimerChannel, EndsWithItsLastHandle) {
  const int before = timer_channel::ended;
  {
    timer_channel t;
    t.fire(1);
    const detail::chan_handle other = t.handle;
    ASSERT_TRUE(detail::retain_if_alive(*t.core));
    const detail::chan_handle retained(t.core);
    t.handle = {};
    EXPECT_EQ(timer_channel::ended, before);
  }
  EXPECT_EQ(timer_channel::ended, before + 1);
}

}  // namespace
}  // namespace goro
