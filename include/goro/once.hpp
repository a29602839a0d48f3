// Doing something exactly once.
#pragma once

#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include "goro/detail/atomic.hpp"
#include "goro/detail/event.hpp"
#include "goro/detail/outcome.hpp"

namespace goro {

// call(f) runs f for the first caller only; the others block until it has ended. A call costs one load afterwards.
//
// The end of f happens before the return of every call(). An f that throws (the exception passes through to its caller)
// or calls goexit() counts as done: nobody tries again. An f that calls the same once deadlocks. Go: sync.Once
// (sync/once.go).
class once {
 public:
  constexpr once() noexcept = default;
  once(const once&) = delete;
  once& operator=(const once&) = delete;

  template <class F>
  void call(F&& f) {
    if (done_.is_set()) [[likely]] {
      return;
    }
    if (begun_.exchange(true, detail::memory_order_relaxed)) {  // relaxed: the event orders; this only elects
      done_.wait(detail::event::use::once);
      return;
    }
    struct done_at_end {
      detail::event& done;
      ~done_at_end() { done.set(); }
    } end{done_};
    std::invoke(std::forward<F>(f));
  }

 private:
  detail::event done_;
  detail::atomic<bool> begun_{false};
};

namespace detail {

// What the copies of one once_func or once_value share.
template <class F, class R>
struct once_state {
  explicit once_state(F&& function) : f(std::move(function)) {}

  once only;
  std::optional<F> f;  // destroyed after its call, as what it captured may be large
  outcome<R> result;

  void run() {
    only.call([this] {
      struct forget_f {
        std::optional<F>& f;
        ~forget_f() { f.reset(); }
      } at_end{f};
      result.fill([this]() -> R { return std::invoke(std::move(*f)); });
    });
  }
};

}  // namespace detail

// A function that calls f the first time it is called, and does nothing later. Copies share the one call; any number of
// goroutines may call them. When f throws, every call rethrows that same exception. When f calls goexit(), later calls
// throw panic_error `once: goroutine exited without a result`. Go: sync.OnceFunc.
template <class F>
auto once_func(F&& f) {
  using state = detail::once_state<std::decay_t<F>, void>;
  return [shared = std::make_shared<state>(std::decay_t<F>(std::forward<F>(f)))] {
    shared->run();
    shared->result.check("once: goroutine exited without a result");
  };
}

// The same for an f with a result, which every call returns by const reference; it lives as long as a copy of the
// function. Go: sync.OnceValue; its OnceValues is an f that returns a std::pair or tuple.
template <class F>
auto once_value(F&& f) {
  using result_type = std::invoke_result_t<std::decay_t<F>>;
  static_assert(!std::is_void_v<result_type>, "once_value(f): f must return something; once_func is for void");
  using state = detail::once_state<std::decay_t<F>, result_type>;
  return [shared = std::make_shared<state>(
              std::decay_t<F>(std::forward<F>(f)))]() -> const std::remove_reference_t<result_type>& {
    shared->run();
    shared->result.check("once: goroutine exited without a result");
    return shared->result.value();
  };
}

}  // namespace goro
