#include "net/connect.hpp"

#include <algorithm>
#include <optional>

#include "context/cancel_node.hpp"
#include "net/lookup.hpp"
#include "net/socket.hpp"

namespace goro::net::detail {
namespace {

using kind = endpoint::kind;

std::error_code system_error(int number) noexcept { return {number, std::system_category()}; }

// Options are Go's: no error if the system refuses one.
void set_options(int s, kind k, const dial_options& options) noexcept {
  if (k == kind::udp) {
    platform::set_broadcast(s);
  }
  if (k != kind::tcp) {
    return;
  }
  platform::set_no_delay(s, true);
  if (options.keep_alive.count() >= 0) {
    constexpr std::int64_t second = 1'000'000'000;
    const auto seconds =
        static_cast<int>(std::clamp<std::int64_t>((options.keep_alive.count() + second - 1) / second, 1, 32767));
    platform::set_keep_alive(s, true);
    platform::set_keep_alive_period(s, seconds, seconds, 9);
  }
}

// A descriptor that is connecting, or connected; -1 with the error.
int begin(const endpoint& to, const dial_options& options, bool& under_way, std::error_code& error) noexcept {
  int number = 0;
  const int s = platform::open_socket(to_platform(to).family, socket_kind_of(to.what()), number);
  if (s < 0) {
    error = system_error(number);
    return -1;
  }
  set_options(s, to.what(), options);
  if (options.local) {
    number = platform::bind_socket(s, to_platform(options.local));
  }
  if (number == 0) {
    number = platform::connect_socket(s, to_platform(to));
  }
  under_way = platform::is_in_progress(number);
  if (number != 0 && !under_way) {
    error = system_error(number);
    platform::close_socket(s);
    return -1;
  }
  return s;
}

// Waits until `c` is connected. The end of ctx cuts the wait short by a deadline in the past.
void await(const context& ctx, const conn& c, base::nanoseconds deadline, std::error_code& error) {
  socket& s = *socket::of(c);
  std::error_code ignored;
  s.set_deadline(false, true, deadline, ignored);
  std::optional<after_func_stop> interruption;
  if (goro::detail::cancel_node::canceler_of(ctx) != nullptr) {
    interruption = after_func(ctx, [c] {
      std::error_code closed;
      socket::of(c)->set_deadline(false, true, 1, closed);
    });
  }
  s.finish_connect(error);
  if (interruption && !interruption->stop()) {
    error = error_of(ctx);  // connected or not: the deadline may come at any time
  } else if (!error) {
    s.set_deadline(false, true, base::never, ignored);
  }
}

// A socket that dials a port on this machine may get that very port for its own, and then meets itself.
bool met_itself(const conn& c, const dial_options& options) {
  return c.local().what() == kind::tcp && !options.local && c.local() == c.remote();
}

conn connect_once(const context& ctx, const endpoint& to, base::nanoseconds deadline, const dial_options& options,
                  std::error_code& error) {
  bool under_way = false;
  const int descriptor = begin(to, options, under_way, error);
  if (descriptor < 0) {
    return {};
  }
  conn c = socket::make_handle<conn>(socket::adopt(descriptor, to.what(), error));
  if (error) {
    return {};
  }
  if (under_way) {
    await(ctx, c, deadline, error);
    if (error) {
      c.close();
      return {};
    }
  }
  socket::of(c)->learn_addresses(nullptr);
  return c;
}

}  // namespace

conn connect(const context& ctx, const endpoint& to, base::nanoseconds deadline, const dial_options& options,
             std::error_code& error) {
  constexpr int most_tries = 3;
  for (int i = 1;; ++i) {
    error.clear();
    conn c = connect_once(ctx, to, deadline, options, error);
    if (error || i == most_tries || !met_itself(c, options)) {
      return c;
    }
  }
}

}  // namespace goro::net::detail
