// Goroutines that work on one task: the first error ends them all and reaches who waits.
#pragma once

#include <concepts>
#include <cstddef>
#include <exception>
#include <functional>
#include <optional>
#include <system_error>
#include <type_traits>
#include <utility>

#include "goro/context.hpp"
#include "goro/detail/atomic.hpp"
#include "goro/detail/config.hpp"
#include "goro/detail/spawn.hpp"
#include "goro/semaphore.hpp"
#include "goro/wait_group.hpp"

namespace goro {

// A function fails by throwing or by returning a std::error_code that is set; other results are ignored. The first
// failure is kept and cancels ctx(), with the error as its cause where it is a code; wait() throws it. Functions that
// should end early look at ctx().
//
// go(), try_go() and ctx() may be called by many goroutines at once, also by functions of the group. Everything a
// function did happens before the return of wait(). An exception is kept instead of ending the program, as Go's
// errgroup does not do: with wait() in the same function it reaches the caller, as in a plain call. Go:
// golang.org/x/sync/errgroup.Group.
class errgroup {
 public:
  errgroup() : errgroup(background()) {}
  // ctx() ends with `parent`, after the first failure, and when wait() returns. Throws std::bad_alloc.
  explicit errgroup(const context& parent);
  errgroup(const errgroup&) = delete;
  errgroup& operator=(const errgroup&) = delete;

  // Cancels ctx() and blocks until all functions have returned. Their errors are dropped.
  ~errgroup();

  // What the group's functions should look at.
  const context& ctx() const noexcept { return own_.ctx; }

  // Runs f in a new goroutine. At the limit blocks until a function has returned. Throws std::bad_alloc.
  template <std::invocable F>
  GORO_ALWAYS_INLINE void go(F&& f) {
    begin();
    start(std::forward<F>(f));
  }

  // The same unless the limit is reached: false, and nothing has happened. Never blocks.
  template <std::invocable F>
  GORO_ALWAYS_INLINE bool try_go(F&& f) {
    if (!try_begin()) {
      return false;
    }
    start(std::forward<F>(f));
    return true;
  }

  // At most n functions run at a time from now on; with 0 none is started any more, and negative means no limit.
  // Panics while a function is active: `errgroup: modify limit while 3 goroutines in the group are still active`. Not
  // to be called at the same time as go().
  void set_limit(std::ptrdiff_t n);

  // Blocks until all functions have returned, cancels ctx(), and throws what the first failure threw, or
  // std::system_error of the code it returned. May be called again, and says the same.
  void wait();

 private:
  // One place in the group; given back when the goroutine, or the attempt to start it, is over.
  class membership {
   public:
    explicit membership(errgroup& group) noexcept : group_(&group) {}
    membership(membership&& other) noexcept : group_(std::exchange(other.group_, nullptr)) {}
    membership& operator=(membership&&) = delete;
    ~membership() {
      if (group_ != nullptr) {
        group_->end();
      }
    }
    errgroup& group() const noexcept { return *group_; }

   private:
    errgroup* group_;
  };

  template <class F>
  struct task {
    membership member;
    F f;

    void operator()() {
      const membership own_member = std::move(member);  // ends after f is destroyed
      F own = std::move(f);
      own_member.group().run(own);
    }
  };

  template <class F>
  GORO_ALWAYS_INLINE void start(F&& f) {
    detail::spawn(nullptr, task<std::decay_t<F>>{membership(*this), std::forward<F>(f)});
  }

  template <class F>
  void run(F& f) {
#if defined(__cpp_exceptions)
    try {
      run_unguarded(f);
    } catch (...) {
      fail(std::current_exception());  // null for goexit, which goes on from here
    }
#else
    run_unguarded(f);
#endif
  }

  template <class F>
  void run_unguarded(F& f) {
    if constexpr (std::is_convertible_v<std::invoke_result_t<F>, std::error_code>) {
      if (const std::error_code code = std::invoke(std::move(f))) {
        fail(code);
      }
    } else {
      std::invoke(std::move(f));
    }
  }

  void begin();
  bool try_begin();
  void end() noexcept;
  void fail(std::exception_ptr error) noexcept;
  void fail(std::error_code code) noexcept;
  bool first_failure() noexcept;

  cancelable_cause own_;
  wait_group members_;
  detail::atomic<std::ptrdiff_t> active_{0};
  std::optional<semaphore> limit_;  // changes only while nobody is active
  detail::atomic<bool> failed_{false};
  std::exception_ptr error_;  // both by the first failure; read after members_ is empty
  std::error_code code_;
};

}  // namespace goro
