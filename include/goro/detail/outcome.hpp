// How a call ended: with a value, with an exception, or (goexit) with neither.
#pragma once

#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace goro::detail {

[[noreturn]] void raise_panic(const char* text);

// Written once by fill(), then only read; the owner orders the two.
template <class R>
class outcome {
  struct nothing {};
  static constexpr bool is_reference = std::is_reference_v<R>;
  using stored =
      std::conditional_t<std::is_void_v<R>, nothing, std::conditional_t<is_reference, std::remove_reference_t<R>*, R>>;

 public:
  // Calls f and keeps how it ended. Only goexit gets past it, and code compiled without exceptions keeps none.
  template <class F>
  void fill(F&& f) {
#if defined(__cpp_exceptions)
    try {
      fill_value(std::forward<F>(f));
    } catch (...) {
      // Null for goexit, which unwinds on from the end of this handler.
      exception_ = std::current_exception();
    }
#else
    fill_value(std::forward<F>(f));
#endif
  }

  // Returns when there is a value, else throws: the exception of f, or panic_error(`text`) after a goexit.
  void check(const char* text_for_goexit) const {
    if (value_) [[likely]] {
      return;
    }
    if (exception_ != nullptr) {
      std::rethrow_exception(exception_);
    }
    raise_panic(text_for_goexit);
  }

  auto& value() noexcept {
    if constexpr (is_reference) {
      return **value_;
    } else {
      return *value_;
    }
  }

 private:
  template <class F>
  void fill_value(F&& f) {
    if constexpr (std::is_void_v<R>) {
      std::invoke(std::forward<F>(f));
      value_.emplace();
    } else if constexpr (is_reference) {
      value_.emplace(std::addressof(std::invoke(std::forward<F>(f))));
    } else if constexpr (std::is_move_constructible_v<R>) {
      value_.emplace(std::invoke(std::forward<F>(f)));
    } else {
      value_.emplace(from_call<F>{f});
    }
  }

  // Converts to the result of the call, so that a value that cannot be moved is built in place.
  template <class F>
  struct from_call {
    std::remove_reference_t<F>& f;
    // NOLINTNEXTLINE(google-explicit-constructor): meant to convert
    operator R() const { return std::invoke(std::forward<F>(f)); }
  };

  std::optional<stored> value_;
  std::exception_ptr exception_;
};

}  // namespace goro::detail
