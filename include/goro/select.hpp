// select: waiting for whichever of several channel operations can go on first.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>

#include "goro/chan.hpp"
#include "goro/detail/select_core.hpp"

namespace goro {

namespace detail {

struct no_action {};

// What a case knows of its channel: a temporary handle is kept, of others only the channel, as they live long enough.
template <class Channel>
class case_channel {
 public:
  explicit case_channel(Channel channel) noexcept : channel_(std::move(channel)) {}
  chan_core* core() const noexcept { return channel_.core(); }

 private:
  Channel channel_;
};
template <class Channel>
class case_channel<Channel&> {
 public:
  explicit case_channel(Channel& channel) noexcept : core_(channel.core()) {}
  chan_core* core() const noexcept { return core_; }

 private:
  chan_core* core_;
};

template <class Channel>
concept receivable = requires { typename std::remove_cvref_t<Channel>::received_type; };
template <class Channel>
concept sendable = requires { typename std::remove_cvref_t<Channel>::sent_type; };

// The case's action: a callable, or an object that takes the value.
template <class T, class F>
void act_on_received(F& f, std::optional<T>&& value) {
  if constexpr (std::is_same_v<std::remove_cvref_t<F>, no_action>) {
  } else if constexpr (std::is_same_v<F, std::optional<T>>) {
    f = std::move(value);
  } else if constexpr (std::is_invocable_v<F&, std::optional<T>&&>) {
    std::invoke(f, std::move(value));
  } else {
    static_assert(std::is_invocable_v<F&>, "recv_case(ch, f): f takes a std::optional<T>, or nothing");
    std::invoke(f);
  }
}

template <class F>
void act_on_signal(F& f, bool ok) {
  if constexpr (std::is_same_v<std::remove_cvref_t<F>, no_action>) {
  } else if constexpr (std::is_same_v<F, bool>) {
    f = ok;
  } else if constexpr (std::is_invocable_v<F&, bool>) {
    std::invoke(f, ok);
  } else {
    static_assert(std::is_invocable_v<F&>, "recv_case(ch, f): f takes a bool, or nothing");
    std::invoke(f);
  }
}

template <class F>
void act(F& f) {
  if constexpr (!std::is_same_v<std::remove_cvref_t<F>, no_action>) {
    std::invoke(f);
  }
}

template <class T, class Channel, class F>
class recv_case_of {
 public:
  static constexpr bool is_default = false;

  template <class G>
  recv_case_of(Channel&& channel, G&& f) : channel_(std::forward<Channel>(channel)), f_(std::forward<G>(f)) {}
  recv_case_of(recv_case_of&& other) noexcept(std::is_nothrow_move_constructible_v<F>)
      : channel_(std::move(other.channel_)), f_(std::forward<F>(other.f_)) {}

  static constexpr chan_direction direction = chan_direction::receive;
  chan_core* core() const noexcept { return channel_.core(); }
  select_entry entry() noexcept { return {core(), in_.cell(), direction}; }

  void finish(bool passed) {
    if (passed) {
      std::optional<T> value = in_.take([](T&& v) { return std::optional<T>(std::in_place, std::move(v)); });
      act_on_received<T>(f_, std::move(value));
    } else {
      act_on_received<T>(f_, end_of_channel<T>());
    }
  }

 private:
  case_channel<Channel> channel_;
  incoming<T> in_;
  F f_;
};

template <class Channel, class F>
class recv_case_of<void, Channel, F> {
 public:
  static constexpr bool is_default = false;

  template <class G>
  recv_case_of(Channel&& channel, G&& f) : channel_(std::forward<Channel>(channel)), f_(std::forward<G>(f)) {}

  static constexpr chan_direction direction = chan_direction::receive;
  chan_core* core() const noexcept { return channel_.core(); }
  select_entry entry() noexcept { return {core(), nullptr, direction}; }
  void finish(bool passed) { act_on_signal(f_, passed); }

 private:
  case_channel<Channel> channel_;
  F f_;
};

template <class T, class Channel, class F>
class send_case_of {
 public:
  static constexpr bool is_default = false;

  template <class V, class G>
  send_case_of(Channel&& channel, V&& value, G&& f)
      : channel_(std::forward<Channel>(channel)), value_(std::forward<V>(value)), f_(std::forward<G>(f)) {}

  static constexpr chan_direction direction = chan_direction::send;
  chan_core* core() const noexcept { return channel_.core(); }
  select_entry entry() noexcept { return {core(), value_.cell(), direction}; }

  void finish(bool passed) {
    if (!passed) {
      panic_send_on_closed_channel();
    }
    value_.sent();
    act(f_);
  }
  void gives_value_away() const noexcept;  // marks the type: sends once

 private:
  case_channel<Channel> channel_;
  kept_value<T> value_;
  F f_;
};

template <class Channel, class F>
class send_case_of<void, Channel, F> {
 public:
  static constexpr bool is_default = false;

  template <class G>
  send_case_of(Channel&& channel, G&& f) : channel_(std::forward<Channel>(channel)), f_(std::forward<G>(f)) {}

  static constexpr chan_direction direction = chan_direction::send;
  chan_core* core() const noexcept { return channel_.core(); }
  select_entry entry() noexcept { return {core(), nullptr, direction}; }

  void finish(bool passed) {
    if (!passed) {
      panic_send_on_closed_channel();
    }
    act(f_);
  }

 private:
  case_channel<Channel> channel_;
  F f_;
};

template <class F>
class default_case_of {
 public:
  static constexpr bool is_default = true;

  template <class G>
  explicit default_case_of(G&& f) : f_(std::forward<G>(f)) {}

  static constexpr chan_direction direction = chan_direction::receive;
  static constexpr chan_core* core() noexcept { return nullptr; }
  select_entry entry() const noexcept { return {}; }
  void finish(bool) { act(f_); }

 private:
  F f_;
};

template <class... Cases>
inline constexpr std::size_t index_of_default = [] {
  std::size_t index = 0;
  (void)((Cases::is_default || (++index, false)) || ...);
  return index;
}();

template <class Case>
concept select_case_like = requires { std::bool_constant<std::remove_cvref_t<Case>::is_default>{}; };

}  // namespace detail

// Cases. Channels, values and actions are evaluated where the case is written, once; the action runs only when its case
// is chosen. A case may be written inside the call of select, or made before and used for one select.
//
// A channel that is nil makes a case that is never ready. What is said of a value's way and of happens-before at chan
// holds here as well.

// Receives from ch. f is called with a std::optional<T>, nullopt when ch is closed and drained; for a chan<void> with a
// bool. (An f without parameters will do, too.) Or f is a std::optional<T> (a bool) that is assigned to.
template <detail::receivable Channel, class F>
auto recv_case(Channel&& ch, F&& f) {
  using T = typename std::remove_cvref_t<Channel>::received_type;
  return detail::recv_case_of<T, Channel, F>(std::forward<Channel>(ch), std::forward<F>(f));
}
template <detail::receivable Channel>
auto recv_case(Channel&& ch) {
  using T = typename std::remove_cvref_t<Channel>::received_type;
  return detail::recv_case_of<T, Channel, detail::no_action>(std::forward<Channel>(ch), detail::no_action{});
}

// Sends value to ch and calls f(). A closed channel is ready to send to: the case may be chosen, and then panics
// `send on closed channel`.
template <detail::sendable Channel, class V, class F>
  requires(!std::is_void_v<typename std::remove_cvref_t<Channel>::sent_type>)
auto send_case(Channel&& ch, V&& value, F&& f) {
  using T = typename std::remove_cvref_t<Channel>::sent_type;
  return detail::send_case_of<T, Channel, F>(std::forward<Channel>(ch), std::forward<V>(value), std::forward<F>(f));
}
template <detail::sendable Channel, class V>
  requires(!std::is_void_v<typename std::remove_cvref_t<Channel>::sent_type>)
auto send_case(Channel&& ch, V&& value) {
  using T = typename std::remove_cvref_t<Channel>::sent_type;
  return detail::send_case_of<T, Channel, detail::no_action>(std::forward<Channel>(ch), std::forward<V>(value),
                                                             detail::no_action{});
}
// The same for a chan<void>.
template <detail::sendable Channel, class F>
  requires std::is_void_v<typename std::remove_cvref_t<Channel>::sent_type>
auto send_case(Channel&& ch, F&& f) {
  return detail::send_case_of<void, Channel, F>(std::forward<Channel>(ch), std::forward<F>(f));
}
template <detail::sendable Channel>
  requires std::is_void_v<typename std::remove_cvref_t<Channel>::sent_type>
auto send_case(Channel&& ch) {
  return detail::send_case_of<void, Channel, detail::no_action>(std::forward<Channel>(ch), detail::no_action{});
}

// Chosen when no other case is ready: makes select not block.
template <class F>
auto default_case(F&& f) {
  return detail::default_case_of<F>(std::forward<F>(f));
}
inline auto default_case() { return detail::default_case_of<detail::no_action>(detail::no_action{}); }

// Blocks until one of the cases can go on, does what it says, runs its action and returns its index in the order of the
// arguments. When several can, one of them is chosen at random, each with the same chance. With a default case it never
// blocks. Without cases, and with none but nil channels, it blocks forever.
//
// Exactly one case takes effect. An exception of its action leaves select; the operation has been done then. Panics
// when a send to a closed channel is chosen. Allocates nothing for up to 8 cases. Go: the select statement.
template <detail::select_case_like... Cases>
std::size_t select(Cases&&... cases) {
  constexpr std::size_t count = sizeof...(Cases);
  constexpr std::size_t defaults = (std::size_t{std::remove_cvref_t<Cases>::is_default} + ... + 0);
  static_assert(defaults <= 1, "select: at most one default_case");
  if constexpr (count == 0) {
    detail::wait_without_cases();
  } else {
    detail::select_choice choice{};
    if constexpr (defaults == 0) {
      const detail::select_entry entries[count] = {cases.entry()...};
      choice = detail::select_or_wait(entries, count);
    } else if (detail::none_is_ready(cases...)) {
      choice.number = detail::index_of_default<std::remove_cvref_t<Cases>...>;
    } else {
      const detail::select_entry entries[count] = {cases.entry()...};
      if (!detail::select_now(entries, count, choice)) {
        choice.number = detail::index_of_default<std::remove_cvref_t<Cases>...>;
      }
    }
    std::size_t number = 0;
    (void)((number++ == choice.number && (cases.finish(choice.passed), true)) || ...);
    return choice.number;
  }
}

// One of a number of cases that is known at run time: holds any case. It may be used for many selects, except that a
// send gives its value away: once it was chosen the case is never ready again.
class select_case {
 public:
  select_case() noexcept = default;  // never ready

  template <detail::select_case_like Case>
    requires(!std::is_reference_v<Case>)
  select_case(Case&& one) : held_(std::make_unique<holder<Case>>(std::move(one))) {}

 private:
  friend std::size_t select(std::span<select_case> cases);

  struct any_case {
    virtual ~any_case() = default;
    virtual detail::select_entry entry() = 0;
    virtual void finish(bool passed) = 0;
    bool is_default = false;
  };
  template <class Case>
  struct holder final : any_case {
    explicit holder(Case&& one) : held(std::move(one)), channel(detail::chan_handle::share(held.core())) {
      is_default = Case::is_default;
    }
    detail::select_entry entry() override {
      const detail::select_entry e = held.entry();
      return spent ? detail::select_entry{} : e;
    }
    void finish(bool passed) override {
      spent = sends && passed;
      held.finish(passed);
    }
    static constexpr bool sends = requires(Case& c) { c.gives_value_away(); };
    Case held;
    detail::chan_handle channel;  // lives as long as the case
    bool spent = false;
  };

  std::unique_ptr<any_case> held_;
};

// The same for cases that a container holds. More than one default is a panic: `select: more than one default case`.
std::size_t select(std::span<select_case> cases);

}  // namespace goro
