// dial(): the addresses of a name one after the other, those of both families side by side (RFC 8305).
#include "goro/net/dial.hpp"

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "goro/chan.hpp"
#include "goro/go.hpp"
#include "goro/select.hpp"
#include "goro/time.hpp"
#include "net/connect.hpp"
#include "net/dial.hpp"
#include "net/lookup.hpp"
#include "net/socket.hpp"

namespace goro::net {

using detail::addresses;
using detail::attempt;

namespace {

base::nanoseconds deadline_of(const context& ctx) noexcept {
  const auto when = ctx.deadline();
  return when ? goro::detail::deadline_at(*when) : base::never;
}

// The part of the time that is left which one of `remaining` addresses may take: an equal share, but enough for a far
// one.
base::nanoseconds share_of(base::nanoseconds deadline, std::size_t remaining) noexcept {
  constexpr base::nanoseconds enough = 2'000'000'000;
  if (deadline == base::never) {
    return base::never;
  }
  const base::nanoseconds now = base::now_ns();
  const base::nanoseconds left = deadline - now;
  const base::nanoseconds share = left / static_cast<base::nanoseconds>(remaining);
  return now + std::min(left, std::max(share, enough));
}

// The first that answers; if none does, the error of the first.
attempt dial_in_turn(const context& ctx, std::span<const endpoint> to, const dial_options& options) {
  attempt result;
  for (std::size_t i = 0; i < to.size(); ++i) {
    if (const std::error_code ended = detail::error_of(ctx)) {
      return {{}, ended};
    }
    std::error_code error;
    conn c = detail::connect(ctx, to[i], share_of(deadline_of(ctx), to.size() - i), options, error);
    if (!error) {
      return {std::move(c), {}};
    }
    if (!result.error) {
      result.error = error;
    }
  }
  return result;
}

// The addresses of the other family get their turn beside the first ones after a delay, or when those have failed.
attempt dial_both(const context& ctx, const addresses& first, const addresses& other, const dial_options& options) {
  const auto [race, end_race] = with_cancel(ctx);
  const chan<attempt> results = make_chan<attempt>(2);
  const auto start = [&race = race, &results, &options](const addresses& to, bool fallback) {
    go([race, results, options, to, fallback] {
      attempt a = dial_in_turn(race, to, options);
      a.fallback = fallback;
      results.send(std::move(a));
    });
  };
  start(first, false);
  timer patience(options.fallback_delay);
  bool started = false;
  std::optional<attempt> failed;
  for (;;) {
    std::optional<attempt> got;
    select(recv_case(results, got), recv_case(started ? recv_chan<time_point>() : patience.c()));
    if (got && !got->error) {
      return *std::move(got);
    }
    if (got && failed) {
      return *std::move(failed->fallback ? got : failed);  // the error of the first family tells more
    }
    if (got) {
      failed = std::move(got);
    }
    if (!started) {
      started = true;
      start(other, true);
    }
  }
}

}  // namespace

attempt detail::dial_addresses(const context& ctx, const addresses& found, const dial_options& options) {
  addresses first;
  addresses other;
  for (const endpoint& e : found) {
    (e.family() == found.front().family() ? first : other).push_back(e);
  }
  if (other.empty() || options.fallback_delay.count() < 0) {
    return dial_in_turn(ctx, found, options);
  }
  return dial_both(ctx, first, other, options);
}

namespace {

// No particular address: this machine.
endpoint reachable(const endpoint& e) {
  if (e.family() == endpoint::address_family::path || !detail::is_unspecified(e)) {
    return e;
  }
  if (e.is_ip4()) {
    return endpoint::of_ip4(e.what(), {127, 0, 0, 1}, e.port());
  }
  return endpoint::of_ip6(e.what(), {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, e.port());
}

conn dial_in_time(const context& ctx, std::string_view network, std::string_view address, const dial_options& options,
                  std::error_code& error) {
  const auto name = detail::parse_network(network);
  if (!name) {
    error = resolve_errc::unknown_network;
    return {};
  }
  if ((error = detail::error_of(ctx))) {
    return {};
  }
  addresses found = detail::find_address(ctx, address, *name, error);
  if (error) {
    return {};
  }
  std::transform(found.begin(), found.end(), found.begin(), &reachable);
  attempt a = detail::dial_addresses(ctx, found, options);
  error = a.error;
  return std::move(a.connection);
}

conn dial_or_throw(const context& ctx, std::string_view network, std::string_view address,
                   const dial_options& options) {
  std::error_code error;
  conn c = dial(ctx, network, address, options, error);
  if (error) {
    const std::string text = std::string(address) + (error.category() == std::system_category() ? ": connect" : "");
    detail::raise("dial", network, text, error);
  }
  return c;
}

}  // namespace

conn dial(const context& ctx, std::string_view network, std::string_view address, const dial_options& options,
          std::error_code& error) {
  if (options.timeout.count() > 0) {
    const auto [limited, cancel] = with_timeout(ctx, options.timeout);
    return dial_in_time(limited, network, address, options, error);
  }
  return dial_in_time(ctx, network, address, options, error);
}

conn dial(const context& ctx, std::string_view network, std::string_view address, std::error_code& error) {
  return dial(ctx, network, address, {}, error);
}

conn dial(std::string_view network, std::string_view address, std::error_code& error) {
  return dial(background(), network, address, {}, error);
}

conn dial(const context& ctx, std::string_view network, std::string_view address, const dial_options& options) {
  return dial_or_throw(ctx, network, address, options);
}

conn dial(std::string_view network, std::string_view address) {
  return dial_or_throw(background(), network, address, {});
}

}  // namespace goro::net
