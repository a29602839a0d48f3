// Time: sleeping, and being told that a time has come. Durations are any std::chrono::duration; the clock is
// std::chrono::steady_clock. Durations too long for the clock mean never.
//
// Nothing here is early. How late it is depends on the machine: goro asks the system for nanoseconds.
#pragma once

#include <chrono>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "goro/chan.hpp"
#include "goro/detail/deadline.hpp"
#include "goro/detail/preemption.hpp"
#include "goro/detail/spawn.hpp"
#include "goro/detail/timer_core.hpp"

namespace goro {

// The time that goro's sleeps, timers and deadlines go by: that of std::chrono::steady_clock, and in
// testing::run_virtual and simulate the virtual one. What is to be tested there must ask for it here; the standard
// clocks know nothing of it. Go: time.Now.
inline time_point now() noexcept { return time_point(std::chrono::nanoseconds(detail::local_now_ns())); }

// Blocks the calling goroutine (on a foreign thread: the thread) for at least d. d <= 0 returns at once.
// Go: time.Sleep.
template <class Rep, class Period>
void sleep(const std::chrono::duration<Rep, Period>& d) noexcept {
  if (d > d.zero()) {
    detail::sleep_for_ns(detail::saturated_ns(d));
  } else {
    detail::preemption_point();
  }
}

// The same until a point in time; one in the past returns at once.
template <class Clock, class Duration>
void sleep_until(const std::chrono::time_point<Clock, Duration>& when) noexcept {
  detail::sleep_until_ns(detail::deadline_at(when));
}

// A channel on which the time is sent once, when d has passed: what it was then. d <= 0: at once.
// The channel is a timer's (see timer). It needs nobody to look after it: without handles it and its timer are gone, at
// once. Go: time.After.
template <class Rep, class Period>
recv_chan<time_point> after(const std::chrono::duration<Rep, Period>& d) {
  return recv_chan<time_point>(detail::chan_handle(detail::start_channel_timer(detail::saturated_ns(d))));
}

// A channel on which the time is sent every d: that of a ticker that cannot be stopped and goes on as long as the
// channel has a handle. d <= 0: the nil channel. Go: time.Tick.
template <class Rep, class Period>
recv_chan<time_point> tick(const std::chrono::duration<Rep, Period>& d) {
  if (!(d > d.zero())) {
    return {};
  }
  return recv_chan<time_point>(detail::chan_handle(detail::start_channel_ticker(detail::saturated_ns(d))));
}

// One event in the future: the time sent on a channel, or the call of a function (after_func). Go: time.Timer.
//
// A timer is a shared handle, as a chan is: copies mean the same timer. Any goroutine and any thread may use it, also
// at the same time. Its end stops nothing: an after_func goes on to run, a channel gets its value if somebody has a
// handle of it.
//
// The channel seems to have no buffer, but the value waits in it until it is received. What start and stop say is
// exact: when stop() or reset() returns, no value of before can be received any more, so there is nothing to drain (Go
// 1.23). stop() does not close the channel: who waits for it waits on.
//
// Starting a timer (also by reset) happens before its value is received, and before the call of its function.
class timer {
 public:
  // No timer; stop() and reset() panic, `stop called on uninitialized timer`.
  timer() noexcept = default;

  // Sends on c() when d has passed. d <= 0: at once. Go: time.NewTimer.
  template <class Rep, class Period>
  explicit timer(const std::chrono::duration<Rep, Period>& d) : channel_(after(d)) {}

  // nil for the timer of an after_func.
  const recv_chan<time_point>& c() const noexcept { return channel_; }

  // Prevents what is to come. True when it did: the value was not received, nor the function started, and will not be.
  // False: the timer had ended, or been stopped. Never blocks; of a function that runs, it does not wait for the end.
  bool stop() const {
    if (call_.get() != nullptr) {
      return detail::stop_call_timer(*call_.get());
    }
    return detail::stop_channel_timer(core("stop"));
  }

  // Starts it anew, to end when d has passed. True when it prevented what was to come before, as stop() does. The
  // function of an after_func is called again, perhaps while the former call still runs.
  template <class Rep, class Period>
  bool reset(const std::chrono::duration<Rep, Period>& d) const {
    const std::int64_t delay_ns = detail::saturated_ns(d);
    if (call_.get() != nullptr) {
      return detail::reset_call_timer(*call_.get(), delay_ns);
    }
    return detail::reset_channel_timer(core("reset"), delay_ns);
  }

 private:
  template <class Rep, class Period, class F>
  friend timer after_func(const std::chrono::duration<Rep, Period>& d, F&& f);
  explicit timer(detail::call_timer_handle call) noexcept : call_(std::move(call)) {}

  detail::chan_core& core(const char* operation) const {
    if (channel_.core() == nullptr) {
      detail::panic_uninitialized_timer(operation);
    }
    return *channel_.core();
  }

  recv_chan<time_point> channel_;
  detail::call_timer_handle call_;
};

// Calls f() in a goroutine of its own when d has passed (d <= 0: at once), unless the returned timer is stopped before.
// f is decay-copied in the caller, and kept until neither a handle nor a call may need it. The timer may be ignored: f
// is called all the same. An exception that leaves f ends the program, as with go(); an empty f is fatal, at once. Go:
// time.AfterFunc.
template <class Rep, class Period, class F>
GORO_ALWAYS_INLINE timer after_func(const std::chrono::duration<Rep, Period>& d, F&& f) {
  using function = std::decay_t<F>;
  static_assert(std::is_invocable_v<function&>, "after_func(d, f): f must be callable without arguments");
  if (detail::is_nil_function<function>(f)) {
    detail::fatal_nil_function();
  }
  detail::call_timer_handle made = detail::make_call_timer_of<function>(std::forward<F>(f));
  detail::start_call_timer(*made.get(), detail::saturated_ns(d),
                           __builtin_extract_return_addr(__builtin_return_address(0)));
  return timer(std::move(made));
}

// Sends the time on a channel again and again. A tick for which the last one still waits is dropped, so a slow receiver
// gets fewer, and never two in a burst. Go: time.Ticker.
//
// The ticker belongs to one owner, who can pass it on by moving; its end stops it. What is said of a timer's channel
// holds here as well: after stop() or reset() no tick of before can be received, and the channel is never closed.
class ticker {
 public:
  // Every d, first when d has passed. Panics when d <= 0: `non-positive interval for ticker`. Go: time.NewTicker.
  template <class Rep, class Period>
  explicit ticker(const std::chrono::duration<Rep, Period>& d)
      : channel_(detail::chan_handle(detail::start_channel_ticker(detail::saturated_ns(d)))) {}
  ticker(ticker&&) noexcept = default;
  ticker& operator=(ticker&& other) noexcept {
    if (this != &other) {
      stop();
      channel_ = std::move(other.channel_);
    }
    return *this;
  }
  ~ticker() { stop(); }

  const recv_chan<time_point>& c() const noexcept { return channel_; }

  // No more ticks, until a reset(). Never blocks.
  void stop() noexcept {
    if (channel_) {
      detail::stop_channel_timer(*channel_.core());
    }
  }

  // Every d from now on, first when d has passed. Panics when d <= 0: `non-positive interval for ticker.reset`, and
  // then nothing has changed.
  template <class Rep, class Period>
  void reset(const std::chrono::duration<Rep, Period>& d) {
    if (!channel_) {
      detail::panic_uninitialized_timer("ticker.reset");
    }
    detail::reset_channel_ticker(*channel_.core(), detail::saturated_ns(d));
  }

 private:
  recv_chan<time_point> channel_;
};

}  // namespace goro
