// A token bucket that is brought up to date when somebody looks: tokens_ were there at last_ns_, and may be negative
// when they are reserved ahead. Points in time are nanoseconds; differences and sums end at the ends of the range.
#include "goro/rate.hpp"

#include <algorithm>
#include <cmath>
#include <mutex>

#include "base/local_time.hpp"

namespace goro::rate {
namespace {

using std::chrono::nanoseconds;

constexpr std::int64_t longest_ns = INT64_MAX;
constexpr double ns_per_second = 1e9;

std::int64_t ns_of(time_point t) noexcept { return nanoseconds(t.time_since_epoch()).count(); }
time_point now() noexcept { return time_point(nanoseconds(base::local_now_ns())); }

std::int64_t sum(std::int64_t a, std::int64_t b) noexcept {
  std::int64_t result = 0;
  return __builtin_add_overflow(a, b, &result) ? (b > 0 ? INT64_MAX : INT64_MIN) : result;
}
std::int64_t difference(std::int64_t a, std::int64_t b) noexcept {
  std::int64_t result = 0;
  return __builtin_sub_overflow(a, b, &result) ? (b < 0 ? INT64_MAX : INT64_MIN) : result;
}

// How long the tokens take to come; the longest time when they never do.
std::int64_t time_for(double tokens, limit per_second) noexcept {
  const double ns = per_second > 0 ? tokens / per_second * ns_per_second : static_cast<double>(longest_ns);
  return ns < static_cast<double>(longest_ns) ? static_cast<std::int64_t>(ns) : longest_ns;
}

double tokens_in(std::int64_t ns, limit per_second) noexcept {
  return per_second > 0 && ns != 0 ? static_cast<double>(ns) / ns_per_second * per_second
                                   : 0;  // inf times 0 is no number
}

}  // namespace

limiter::limiter(rate::limit events_per_second, int burst) noexcept
    : limit_(events_per_second), burst_(burst), tokens_(burst) {}

// The tokens at `now_ns`; mutex held. Times before the last one count as it.
double limiter::refilled(std::int64_t now_ns) const noexcept {
  const std::int64_t elapsed = std::max<std::int64_t>(difference(now_ns, last_ns_), 0);
  return std::min(tokens_ + tokens_in(elapsed, limit_), static_cast<double>(burst_));
}

bool limiter::allow() noexcept { return allow_n(now(), 1); }

bool limiter::allow_n(time_point now, int n) noexcept { return reserve_n(now, n, nanoseconds::zero()).ok(); }

reservation limiter::reserve() noexcept { return reserve_n(now(), 1); }

reservation limiter::reserve_n(time_point now, int n) noexcept { return reserve_n(now, n, nanoseconds::max()); }

reservation limiter::reserve_n(time_point now, int n, nanoseconds at_most) noexcept {
  const std::int64_t now_ns = ns_of(now);
  reservation r;
  r.limiter_ = this;
  const std::lock_guard hold(mutex_);
  r.limit_ = limit_;
  if (limit_ == inf) {
    r.ok_ = true;
    r.tokens_ = n;
    r.act_ns_ = now_ns;
    return r;
  }
  const double left = refilled(now_ns) - n;
  const std::int64_t wait_ns = left < 0 ? time_for(-left, limit_) : 0;
  if (n > burst_ || wait_ns > at_most.count()) {
    return r;
  }
  r.ok_ = true;
  r.tokens_ = n;
  r.act_ns_ = sum(now_ns, wait_ns);
  last_ns_ = now_ns;
  tokens_ = left;
  last_event_ns_ = r.act_ns_;
  return r;
}

void limiter::cancel(const reservation& r, std::int64_t now_ns) noexcept {
  const std::lock_guard hold(mutex_);
  if (limit_ == inf || r.tokens_ == 0 || r.act_ns_ < now_ns) {
    return;
  }
  // What was reserved behind r counts on r's tokens; the distance to the last event says how many that are.
  const double returned = r.tokens_ - tokens_in(difference(last_event_ns_, r.act_ns_), r.limit_);
  if (returned <= 0) {
    return;
  }
  tokens_ = std::min(refilled(now_ns) + returned, static_cast<double>(burst_));
  last_ns_ = now_ns;
  if (r.act_ns_ == last_event_ns_) {
    const std::int64_t event_before = difference(r.act_ns_, time_for(r.tokens_, r.limit_));
    if (event_before >= now_ns) {
      last_event_ns_ = event_before;
    }
  }
}

std::error_code limiter::wait(const context& ctx) noexcept { return wait_n(ctx, 1); }

std::error_code limiter::wait_n(const context& ctx, int n) noexcept {
  const time_point start = now();
  {
    const std::lock_guard hold(mutex_);
    if (n > burst_ && limit_ != inf) {
      return errc::exceeds_burst;
    }
  }
  if (const std::error_code ended = ctx.err()) {
    return ended;
  }
  const std::optional<time_point> deadline = ctx.deadline();
  reservation r = reserve_n(start, n, deadline ? *deadline - start : nanoseconds::max());
  if (!r.ok()) {
    return errc::deadline_exceeded;
  }
  if (r.delay_from(start) == nanoseconds::zero() || sleep_until(ctx, time_point(nanoseconds(r.act_ns_)))) {
    return {};
  }
  r.cancel();
  return ctx.err();
}

double limiter::tokens() noexcept { return tokens_at(now()); }

double limiter::tokens_at(time_point now) noexcept {
  const std::lock_guard hold(mutex_);
  return refilled(ns_of(now));
}

rate::limit limiter::limit() noexcept {
  const std::lock_guard hold(mutex_);
  return limit_;
}

int limiter::burst() noexcept {
  const std::lock_guard hold(mutex_);
  return burst_;
}

void limiter::set_limit(rate::limit events_per_second) noexcept { set_limit_at(now(), events_per_second); }

void limiter::set_limit_at(time_point now, rate::limit events_per_second) noexcept {
  const std::lock_guard hold(mutex_);
  tokens_ = refilled(ns_of(now));
  last_ns_ = ns_of(now);
  limit_ = events_per_second;
}

void limiter::set_burst(int burst) noexcept { set_burst_at(now(), burst); }

void limiter::set_burst_at(time_point now, int burst) noexcept {
  const std::lock_guard hold(mutex_);
  tokens_ = refilled(ns_of(now));
  last_ns_ = ns_of(now);
  burst_ = burst;
}

nanoseconds reservation::delay() const noexcept { return delay_from(now()); }

nanoseconds reservation::delay_from(time_point now) const noexcept {
  return ok_ ? nanoseconds(std::max<std::int64_t>(difference(act_ns_, ns_of(now)), 0)) : nanoseconds::max();
}

void reservation::cancel() noexcept { cancel_at(now()); }

void reservation::cancel_at(time_point now) noexcept {
  if (ok_) {
    limiter_->cancel(*this, ns_of(now));
  }
}

time_point sometimes::now() noexcept { return rate::now(); }

bool sometimes::due(time_point now) const noexcept {
  return count_ == 0 || count_ < options_.first || (options_.every > 0 && count_ % options_.every == 0) ||
         (options_.interval > nanoseconds::zero() && now - last_run_ >= options_.interval);
}

}  // namespace goro::rate
