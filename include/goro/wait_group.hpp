// Waiting for a number of goroutines to finish.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <type_traits>
#include <utility>

#include "goro/detail/atomic.hpp"
#include "goro/detail/config.hpp"
#include "goro/detail/spawn.hpp"

namespace goro {

// A counter of unfinished work; wait() blocks until it is zero. Eight bytes, no allocation.
//
//   goro::wait_group wg;
//   for (auto& image : images) wg.go([&image] { image.shrink(); });
//   wg.wait();
//
// May be destroyed as soon as wait() has returned, even while the done() that ended it has not. May be reused for the
// next round once every wait() of the last has returned. Go: sync.WaitGroup (sync/waitgroup.go).
class wait_group {
 public:
  constexpr wait_group() noexcept = default;
  wait_group(const wait_group&) = delete;
  wait_group& operator=(const wait_group&) = delete;

  // Adds delta, which may be negative. At zero every wait() returns. Never blocks. A positive delta while the counter
  // is zero must happen before wait(): count the work before starting it. Panics: `sync: negative wait_group counter`,
  // `sync: wait_group misuse: add called concurrently with wait`.
  void add(std::ptrdiff_t delta = 1);

  // add(-1). Happens before the return of every wait() that it ends. Panics as add does.
  void done() { add(-1); }

  // Blocks until the counter is zero.
  // Panics: `sync: wait_group is reused before previous wait has returned`.
  void wait();

  // add(1), then runs f in a new goroutine, then done(). f is decay-copied, as by goro::go, and destroyed before
  // done(), so what it captured outlives no wait(). done() is called when f returns and when it calls goexit(); an
  // exception that leaves f ends the program, as in every goroutine. Throws std::bad_alloc. Go: WaitGroup.Go.
  template <class F>
  GORO_ALWAYS_INLINE void go(F&& f) {
    static_assert(std::is_invocable_v<std::decay_t<F>>, "wait_group::go(f): f must be callable without arguments");
    if (detail::is_nil_function<std::decay_t<F>>(f)) {
      detail::fatal_nil_function();
    }
    unstarted counted(*this);
    detail::spawn(nullptr, task<std::decay_t<F>>{this, std::forward<F>(f)});
    counted.started();
  }

 private:
  // Takes its one back when the goroutine could not be started.
  class unstarted {
   public:
    explicit unstarted(wait_group& group) : group_(&group) { group.add(1); }
    unstarted(const unstarted&) = delete;
    unstarted& operator=(const unstarted&) = delete;
    ~unstarted() {
      if (group_ != nullptr) {
        group_->done();
      }
    }
    void started() noexcept { group_ = nullptr; }

   private:
    wait_group* group_;
  };

  template <class F>
  struct task {
    wait_group* group;
    F f;

    void operator()() {
      struct done_at_end {
        wait_group* group;
        ~done_at_end() { group->done(); }
      } end{group};
      F own = std::move(f);  // destroyed before `end`
      std::invoke(std::move(own));
    }
  };

  void release_waiters(std::uint64_t seen);

  detail::atomic<std::uint64_t> state_{0};  // counter (signed) << 32 | waiters
};

}  // namespace goro
