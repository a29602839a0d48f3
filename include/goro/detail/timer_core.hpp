// What timer, ticker and after_func need from the library.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>

#include "goro/detail/chan_core.hpp"

namespace goro::detail {

void sleep_until_ns(std::int64_t deadline_ns) noexcept;
void sleep_for_ns(std::int64_t ns) noexcept;

// A timer with a channel: the two are one object, which lives as long as there is a handle of the channel.

// The caller owns the reference.
chan_core* start_channel_timer(std::int64_t delay_ns);
// The same again and again. This and reset_channel_ticker panic for periods that are not positive.
chan_core* start_channel_ticker(std::int64_t period_ns);
bool stop_channel_timer(chan_core& core) noexcept;
bool reset_channel_timer(chan_core& core, std::int64_t delay_ns) noexcept;
void reset_channel_ticker(chan_core& core, std::int64_t period_ns);
[[noreturn]] void panic_uninitialized_timer(const char* operation);

// A timer with a function, which lives in the same block. It lives as long as there is a handle, or a start that has
// not been stopped, or a goroutine that runs the function.
class call_timer;

struct timed_call {
  void (*call)(void* f);
  void (*destroy)(void* f) noexcept;
};

// With room for the function, where `*room` says. The caller owns one reference, and constructs the function or gives
// the block back.
call_timer* make_call_timer(std::size_t size, std::size_t alignment, const timed_call& functions, void** room);
void free_call_timer(call_timer* timer) noexcept;  // without a function
void start_call_timer(call_timer& timer, std::int64_t delay_ns, const void* creator) noexcept;
bool stop_call_timer(call_timer& timer) noexcept;
bool reset_call_timer(call_timer& timer, std::int64_t delay_ns) noexcept;
void retain_call_timer(call_timer& timer) noexcept;
void release_call_timer(call_timer& timer) noexcept;

// A counted reference to a call_timer, or none.
class call_timer_handle {
 public:
  call_timer_handle() noexcept = default;
  explicit call_timer_handle(call_timer* owned) noexcept : timer_(owned) {}
  call_timer_handle(const call_timer_handle& other) noexcept : timer_(other.timer_) {
    if (timer_ != nullptr) {
      retain_call_timer(*timer_);
    }
  }
  call_timer_handle(call_timer_handle&& other) noexcept : timer_(std::exchange(other.timer_, nullptr)) {}
  call_timer_handle& operator=(call_timer_handle other) noexcept {
    std::swap(timer_, other.timer_);
    return *this;
  }
  ~call_timer_handle() {
    if (timer_ != nullptr) {
      release_call_timer(*timer_);
    }
  }
  call_timer* get() const noexcept { return timer_; }

 private:
  call_timer* timer_ = nullptr;
};

template <class F>
struct timed_call_of {
  // No handler here, as in closure::run: what f throws ends the program at the throw.
  static void call(void* f) { std::invoke(*static_cast<F*>(f)); }
  static void destroy(void* f) noexcept { static_cast<F*>(f)->~F(); }
  static constexpr timed_call functions{&call, &destroy};
};

// Moves f into a new timer.
template <class F, class G>
call_timer_handle make_call_timer_of(G&& f) {
  struct block {
    call_timer* timer;
    ~block() {
      if (timer != nullptr) {
        free_call_timer(timer);
      }
    }
  };
  void* room = nullptr;
  block made{make_call_timer(sizeof(F), alignof(F), timed_call_of<F>::functions, &room)};
  ::new (room) F(std::forward<G>(f));
  return call_timer_handle(std::exchange(made.timer, nullptr));
}

}  // namespace goro::detail
