// Limits on how often something happens.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <limits>
#include <system_error>
#include <type_traits>
#include <utility>

#include "goro/context.hpp"
#include "goro/detail/deadline.hpp"
#include "goro/mutex.hpp"

namespace goro::rate {

// Events per second.
using limit = double;
inline constexpr limit inf = std::numeric_limits<limit>::infinity();

// One event in each `interval`; inf when that is not positive. Go: rate.Every.
template <class Rep, class Period>
constexpr limit every(const std::chrono::duration<Rep, Period>& interval) noexcept {
  const double seconds = std::chrono::duration<double>(interval).count();
  return seconds > 0 ? 1 / seconds : inf;
}

class reservation;

// A bucket that holds at most `burst` tokens, full at the start, refilled by `limit` tokens a second. An event takes a
// token, n at a time take n. allow() drops events that come too early; reserve() tells how long to wait before acting;
// wait() waits. No more than `burst` at a time, unless the limit is inf, which allows everything.
//
// For any number of goroutines at once. The calls with a time point are for clocks of the caller's own; give all calls
// times of one clock. Times may go backwards: then nothing is refilled. Go: golang.org/x/time/rate.Limiter.
class limiter {
 public:
  limiter(rate::limit events_per_second, int burst) noexcept;
  limiter(const limiter&) = delete;
  limiter& operator=(const limiter&) = delete;

  // May n events happen now? Takes their tokens if so. Never blocks.
  bool allow() noexcept;
  bool allow_n(time_point now, int n) noexcept;

  // Takes tokens, of the future if need be: the caller has to wait reservation::delay() before acting, or cancel. Not
  // ok() when n is more than the burst. The limiter must outlive it. Never blocks.
  reservation reserve() noexcept;
  reservation reserve_n(time_point now, int n) noexcept;
  // Not ok() either when the delay would be longer than `at_most`; then no token was taken.
  reservation reserve_n(time_point now, int n, std::chrono::nanoseconds at_most) noexcept;

  // Blocks until n events may happen. Fails without waiting: errc::exceeds_burst for n above the burst, ctx.err() when
  // ctx has ended, errc::deadline_exceeded when it would end first. When ctx ends meanwhile: ctx.err(), and the tokens
  // that nobody behind has counted on are given back.
  [[nodiscard]] std::error_code wait(const context& ctx) noexcept;
  [[nodiscard]] std::error_code wait_n(const context& ctx, int n) noexcept;

  // The tokens there are; negative when they are reserved ahead.
  double tokens() noexcept;
  double tokens_at(time_point now) noexcept;

  rate::limit limit() noexcept;
  int burst() noexcept;
  // For what comes from now on; reservations stay as they are.
  void set_limit(rate::limit events_per_second) noexcept;
  void set_limit_at(time_point now, rate::limit events_per_second) noexcept;
  void set_burst(int burst) noexcept;
  void set_burst_at(time_point now, int burst) noexcept;

 private:
  friend class reservation;

  double refilled(std::int64_t now_ns) const noexcept;
  void cancel(const reservation& r, std::int64_t now_ns) noexcept;

  mutex mutex_;  // guards what follows
  rate::limit limit_;
  int burst_;
  double tokens_;                           // at last_ns_
  std::int64_t last_ns_ = INT64_MIN;        // when tokens_ was counted
  std::int64_t last_event_ns_ = INT64_MIN;  // the latest point in time at which somebody who reserved may act
};

// What reserve() gives.
class reservation {
 public:
  // False: it cannot be had, and nothing was reserved.
  bool ok() const noexcept { return ok_; }

  // How long to wait before acting; zero: act now; nanoseconds::max() when not ok().
  std::chrono::nanoseconds delay() const noexcept;
  std::chrono::nanoseconds delay_from(time_point now) const noexcept;

  // The holder will not act: gives back the tokens, except those on which later reservations count. Does nothing once
  // the time to act has come.
  void cancel() noexcept;
  void cancel_at(time_point now) noexcept;

 private:
  friend class limiter;

  bool ok_ = false;
  int tokens_ = 0;
  limiter* limiter_ = nullptr;
  std::int64_t act_ns_ = 0;
  rate::limit limit_ = 0;  // at the time of the reservation
};

// Runs a function now and then: do_(f) runs f at the first call, and later when one of the filters that are set says
// so. Calls at the same time run one after another. f must not call the same object. Go:
// golang.org/x/time/rate.Sometimes.
class sometimes {
 public:
  struct options {
    std::int64_t first = 0;                // the first so many calls
    std::int64_t every = 0;                // each so-manieth call, counted from the first
    std::chrono::nanoseconds interval{0};  // a call that comes so long after the last run
  };

  sometimes() noexcept = default;
  explicit sometimes(const options& o) noexcept : options_(o) {}

  // Blocks while another call runs its f. What f throws passes through, and the call counts.
  template <class F>
  void do_(F&& f) {
    do_at(now(), std::forward<F>(f));
  }
  // The same for a clock of the caller's own.
  template <class F>
  void do_at(time_point now, F&& f) {
    mutex_.lock();
    struct counted {
      sometimes& self;
      ~counted() {
        ++self.count_;
        self.mutex_.unlock();
      }
    } at_end{*this};
    if (due(now)) {
      last_run_ = now;
      std::invoke(std::forward<F>(f));
    }
  }

 private:
  static time_point now() noexcept;
  bool due(time_point now) const noexcept;

  const options options_{};
  mutex mutex_;  // guards what follows
  std::int64_t count_ = 0;
  time_point last_run_{};
};

}  // namespace goro::rate
