// A goroutine with a result.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <tuple>
#include <type_traits>
#include <utility>

#include "goro/detail/config.hpp"
#include "goro/detail/deadline.hpp"
#include "goro/detail/done_channel.hpp"
#include "goro/detail/event.hpp"
#include "goro/detail/outcome.hpp"
#include "goro/detail/spawn.hpp"

namespace goro {

namespace detail {

template <class R>
struct future_state {
  event ended;
  outcome<R> result;
  done_channel done;  // closed after `ended` was set
};

// What the goroutine of an async() runs. Its end, however it comes, sets the event; f and its arguments are destroyed
// before.
template <class R, class F, class... Args>
struct async_task {
  std::shared_ptr<future_state<R>> state;
  F f;
  std::tuple<Args...> args;

  void operator()() {
    struct set_at_end {
      future_state<R>& state;
      ~set_at_end() {
        state.ended.set();
        state.done.close();
      }
    } end{*state};
    F own = std::move(f);
    std::tuple<Args...> own_args = std::move(args);
    state->result.fill([&]() -> R {
      return std::apply([&](auto&... a) -> R { return std::invoke(std::move(own), std::move(a)...); }, own_args);
    });
  }
};

}  // namespace detail

// The result of an async() call: movable, one owner. A future that is dropped does not wait; the goroutine goes on.
// Everything the function did happens before the return of get() and wait(), and before ready() and wait_for() return
// true.
template <class R>
class [[nodiscard]] future {
 public:
  future() noexcept = default;  // no result to come: valid() is false
  future(future&&) noexcept = default;
  future& operator=(future&&) noexcept = default;

  // Is there a result to get? False for a default-constructed or moved-from future, and after get().
  bool valid() const noexcept { return state_ != nullptr; }

  // Has the function ended? Never blocks. Panics, as all below: `future: no state`, when not valid().
  bool ready() const { return state().ended.is_set(); }

  // Blocks until the function has ended.
  void wait() const { state().ended.wait(detail::event::use::future); }

  // Blocks until the function has ended (true) or the time is over (false).
  template <class Rep, class Period>
  bool wait_for(const std::chrono::duration<Rep, Period>& timeout) const {
    return state().ended.wait(detail::event::use::future, detail::deadline_after(timeout));
  }
  template <class Clock, class Duration>
  bool wait_until(const std::chrono::time_point<Clock, Duration>& deadline) const {
    return state().ended.wait(detail::event::use::future, detail::deadline_at(deadline));
  }

  // A channel that is closed when the function has ended: for select. The same one at every call.
  recv_chan<void> done() const { return state().done.get(); }

  // Blocks until the function has ended, and gives its result away; afterwards valid() is false. Rethrows what the
  // function threw. When it called goexit(), throws panic_error `future: goroutine exited without a result`.
  R get() {
    wait();
    const auto state = std::move(state_);
    state->result.check("future: goroutine exited without a result");
    if constexpr (std::is_reference_v<R>) {
      return static_cast<R>(state->result.value());
    } else if constexpr (!std::is_void_v<R>) {
      return std::move(state->result.value());
    }
  }

 private:
  template <class F, class... Args>
  friend auto async(F&& f, Args&&... args) -> future<std::invoke_result_t<std::decay_t<F>, std::decay_t<Args>...>>;

  explicit future(std::shared_ptr<detail::future_state<R>> state) noexcept : state_(std::move(state)) {}

  detail::future_state<R>& state() const {
    if (state_ == nullptr) {
      detail::raise_panic("future: no state");
    }
    return *state_;
  }

  std::shared_ptr<detail::future_state<R>> state_;
};

// Runs f(args...) in a new goroutine and returns a future of its result. f and args are decay-copied in the caller, as
// by goro::go. An exception that leaves f is kept for get() instead of ending the program. Never blocks. Throws
// std::bad_alloc. The call happens before the start of f. Go has no such thing; a channel of one element does its work
// there.
template <class F, class... Args>
GORO_ALWAYS_INLINE auto async(F&& f, Args&&... args)
    -> future<std::invoke_result_t<std::decay_t<F>, std::decay_t<Args>...>> {
  using result = std::invoke_result_t<std::decay_t<F>, std::decay_t<Args>...>;
  if (detail::is_nil_function<std::decay_t<F>>(f)) {
    detail::fatal_nil_function();
  }
  auto state = std::make_shared<detail::future_state<result>>();
  detail::spawn(nullptr,
                detail::async_task<result, std::decay_t<F>, std::decay_t<Args>...>{
                    state, std::forward<F>(f), std::tuple<std::decay_t<Args>...>(std::forward<Args>(args)...)});
  return future<result>(std::move(state));
}

}  // namespace goro
