// Calls a function in another thread of the process, in the middle of whatever that does: in the handler of a signal
// (linux/own_signal.hpp). So a thread can tell what only it can, the calls on its own stack, while it runs.
//
// Nobody waits without an end. A thread whose program would notice the signal by more than that time passes, since it
// ends a system call, is not asked, and who does not answer in time is left to answer when it likes.
#pragma once

#include "base/clock.hpp"
#include "base/futex.hpp"

namespace goro::platform {

// Lives for ever: the signal, and so the call, may come long after it was sent.
class thread_call {
 public:
  // In the handler: takes no lock that the interrupted code may hold, and does not allocate. It may follow wrong
  // addresses: a fault ends the call, as if it had not been made. What it leaves must not matter then.
  using work_function = void (*)(thread_call& self) noexcept;

  explicit thread_call(work_function work) noexcept : work_(work) {}
  thread_call(const thread_call&) = delete;
  thread_call& operator=(const thread_call&) = delete;

  // By one thread at a time, for all calls there are. False: the thread cannot be asked, or a former call is not over;
  // nor, for some microseconds, one that has just answered another call.
  bool begin(int thread) noexcept;
  // After begin(). True: the call has been made, and what it did can be seen. False: it has not, and is not to be
  // waited for any more.
  bool finish(base::nanoseconds deadline) noexcept;
  // Is no call wanted or under way? Else nothing of it may be touched.
  bool is_over() const noexcept;

 private:
  // What the state says, in its lowest bits; who may leave each, and how:
  //   idle     begin() -> wanted
  //   wanted   the handler, in the thread that is meant -> lasts; finish(), when it gives up -> idle
  //   lasts    the handler, when the work has returned -> done, when it has run into a fault -> failed
  //   done, failed   begin() -> wanted
  // With `wanted` and `lasts` the thread stands above them (Linux: 22 bits), so that a handler cannot take a call which
  // has been begun anew, for another thread, since it looked.
  static constexpr std::uint32_t idle = 0, wanted = 1, lasts = 2, done = 3, failed = 4;
  static constexpr std::uint32_t of(int thread, std::uint32_t what) noexcept {
    return static_cast<std::uint32_t>(thread) << 3 | what;
  }
  static constexpr bool is_open(std::uint32_t state) noexcept { return (state & 7) == wanted || (state & 7) == lasts; }

  friend class call_numbers;
  friend void carry_out_thread_call(thread_call& call) noexcept;
  friend void leave_thread_call_that_faults() noexcept;

  bool take(int thread) noexcept;
  void carry_out() noexcept;
  [[gnu::noinline]] bool work_survives() noexcept;
  void list() noexcept;

  const work_function work_;
  base::futex_word state_{idle};
  void* way_out_ = nullptr;  // the thread's own, while it lasts
  thread_call* next_ = nullptr;
  bool listed_ = false;
  std::uint32_t number_ = 0;  // which the signal brings (linux/own_signal.cpp); 0: none yet
};

}  // namespace goro::platform
