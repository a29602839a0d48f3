// Timers and tickers that send on a channel.
//
// One block holds the channel and its alarm; it lives as long as there is a handle of the channel, or a firing under
// way, which takes a reference in claim(). The end of the last reference stops the alarm: claim() finds no reference to
// take then.
//
// What stop() and reset() promise is decided under the channel's lock:
//   - A firing sends under that lock, and only if the alarm's generation is still its own.
//   - Who stops or starts the alarm does so under that lock, and drops what is in the buffer. So when he lets go of the
//     lock nothing of before is in the channel, and nothing of before can come.
//   - `delivered` says, under that lock, that the firing of the last start has sent. So he knows whether he prevented
//     it: the alarm was pending; or it had rung, but not sent yet; or it had sent, but the value was still there.
//   - Times leave a channel in order. The firing of a reset may have read the clock before the last one of the former
//     start did, when the reset had computed its deadline even before that; it sends the later time.
//
// Shortcut: a pending alarm that is not periodic has not fired since it was started, and when it was started the buffer
// was empty. To stop it or to move it the alarm's own lock is enough.
#include "chan/timer_channel.hpp"
#include "goro/time.hpp"
#include "sched/alarm.hpp"
#include "sched/scheduler.hpp"

namespace goro::detail {
namespace {

using sched::alarm;
using sched::alarm_state;

struct channel_alarm {
  alarm clock{functions};
  chan_core& core;
  bool delivered = false;        // under the channel's lock
  base::nanoseconds latest = 0;  // that was sent; under the channel's lock

  explicit channel_alarm(chan_core& channel) noexcept : core(channel) {}

  static channel_alarm& of(chan_core& core) noexcept { return *static_cast<channel_alarm*>(room_of_timer(core)); }
  static channel_alarm& of(alarm& clock) noexcept {
    return reinterpret_cast<channel_alarm&>(clock);
  }  // its first member

  static bool claim(alarm& clock) noexcept { return retain_if_alive(of(clock).core); }
  static void ring(alarm& clock, std::uint32_t due, base::nanoseconds now) noexcept;
  static void end(chan_core& core) noexcept;
  static constexpr sched::alarm_functions functions{&claim, &ring};

  // Under the channel's lock: the alarm was `before`, and what follows is no longer of that start. Was its firing
  // prevented?
  bool begin_anew(alarm_state before) noexcept {
    return before == alarm_state::pending || (before == alarm_state::rung && !std::exchange(delivered, false));
  }
};
static_assert(sizeof(time_point) == sizeof(void*) && alignof(channel_alarm) <= alignof(void*));

void channel_alarm::ring(alarm& clock, std::uint32_t due, base::nanoseconds now) noexcept {
  channel_alarm& self = of(clock);
  time_point value;
  unsigned woken = 0;
  const auto still_wanted = [&self, &value, due, now] {
    if (self.clock.generation() != due) {
      return false;
    }
    self.delivered = true;
    self.latest = now > self.latest ? now : self.latest;
    value = time_point(std::chrono::nanoseconds(self.latest));
    return true;
  };
  send_from_timer(self.core, &value, still_wanted, woken);
  if (woken != 0) {
    sched::wake_for_work();
  }
  self.core.release();
}

void channel_alarm::end(chan_core& core) noexcept {
  channel_alarm& self = of(core);
  self.clock.end();
  self.~channel_alarm();
  free_timer_channel(core, sizeof(channel_alarm));
}

chan_core* start(base::nanoseconds delay, base::nanoseconds period) {
  chan_core* core = make_timer_channel(cell_type_of<time_point>, sizeof(channel_alarm), &channel_alarm::end);
  auto* made = ::new (room_of_timer(*core)) channel_alarm(*core);
  made->clock.start(deadline_after_ns(delay), period);
  return core;
}

// True when it prevented what was to come.
bool start_anew(chan_core& core, base::nanoseconds delay, base::nanoseconds period) noexcept {
  channel_alarm& self = channel_alarm::of(core);
  const base::nanoseconds deadline = deadline_after_ns(delay);
  bool prevented = false;
  const auto change = [&] { prevented = self.begin_anew(self.clock.start(deadline, period)); };
  const bool dropped = drain_timer_channel(core, change);
  return prevented || dropped;
}

void check_interval(std::int64_t period_ns, const char* text) {
  if (period_ns <= 0) {
    base::raise_panic(text);
  }
}

}  // namespace

chan_core* start_channel_timer(std::int64_t delay_ns) { return start(delay_ns, 0); }

chan_core* start_channel_ticker(std::int64_t period_ns) {
  check_interval(period_ns, "non-positive interval for ticker");
  return start(period_ns, period_ns);
}

bool stop_channel_timer(chan_core& core) noexcept {
  channel_alarm& self = channel_alarm::of(core);
  if (self.clock.stop_if_pending()) {
    return true;
  }
  bool prevented = false;
  const bool dropped = drain_timer_channel(core, [&] { prevented = self.begin_anew(self.clock.stop()); });
  return prevented || dropped;
}

bool reset_channel_timer(chan_core& core, std::int64_t delay_ns) noexcept {
  return channel_alarm::of(core).clock.move_if_pending(deadline_after_ns(delay_ns)) || start_anew(core, delay_ns, 0);
}

void reset_channel_ticker(chan_core& core, std::int64_t period_ns) {
  check_interval(period_ns, "non-positive interval for ticker.reset");
  start_anew(core, period_ns, period_ns);
}

void panic_uninitialized_timer(const char* operation) {
  base::raise_panic((std::string(operation) + " called on uninitialized timer").c_str());
}

}  // namespace goro::detail
