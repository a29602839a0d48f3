// The public calls. registry.hpp has the rules.
#include "goro/signal.hpp"

#include <memory>

#include "base/check.hpp"
#include "signal/registry.hpp"

namespace goro {
namespace detail {
namespace {

// A registered channel; owned by the registry while it is linked.
struct channel_listener final : signal_listener {
  explicit channel_listener(const chan<int>& c) : signal_listener(owner::registry), channel(c) {}

  // Below try_send(), which is a preemption point: the registry's lock is held.
  void deliver(int signal) noexcept override {
    if (chan_try_send(channel.core(), &signal) == chan_status::closed) {
      base::fatal_error("send on closed channel", "signal: " + platform::description_of_signal(signal) +
                                                      " arrived for a channel that was closed without stop()");
    }
  }

  const chan<int> channel;
};

signal_listener* find_listener(const signal_registry& registry, const chan<int>& channel) noexcept {
  return registry.find([&channel](const signal_listener& l) {
    return l.owned_by == signal_listener::owner::registry && static_cast<const channel_listener&>(l).channel == channel;
  });
}

}  // namespace
}  // namespace detail

namespace signal {

using goro::detail::find_listener;
using goro::detail::set_of_signals;
using goro::detail::signal_registry;
using platform::signal_action;

void notify(const chan<int>& channel, std::initializer_list<int> signals) {
  if (!channel) {
    base::raise_panic("signal: notify using nil channel");
  }
  auto fresh = std::make_unique<goro::detail::channel_listener>(channel);
  signal_registry registry;
  if (auto* known = find_listener(registry, channel)) {
    registry.want(*known, set_of_signals(signals));
    return;
  }
  registry.want(*fresh, set_of_signals(signals));
  if (fresh->wanted != 0) {
    fresh.release();
  }
}

void stop(const chan<int>& channel) {
  signal_registry registry;
  if (auto* known = find_listener(registry, channel)) {
    registry.remove(*known);
  }
}

void reset(std::initializer_list<int> signals) {
  signal_registry().take_from_all(set_of_signals(signals), signal_action::former);
}

void ignore(std::initializer_list<int> signals) {
  signal_registry().take_from_all(set_of_signals(signals), signal_action::ignored);
}

bool ignored(int signal) { return platform::can_change_action(signal) && platform::is_ignored(signal); }

}  // namespace signal
}  // namespace goro
