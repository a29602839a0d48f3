// lock_os_thread mixed with everything: the goroutine must find its own thread again after every wait, nobody else may
// run there meanwhile, and a goroutine that ends locked takes the thread along.
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <mutex>

#include "goro/condition_variable.hpp"
#include "goro/mutex.hpp"
#include "goro/wait_group.hpp"
#include "stress.hpp"

namespace {

constexpr int goroutines = stress::by_build(24, 12, 8);
constexpr int turns = stress::by_build(60, 30, 15);

long thread_id() { return syscall(SYS_gettid); }

// The thread's own note of who may run on it. Several goroutines use it one after the other on the same thread, which
// orders them but is no synchronization of the program: ThreadSanitizer would report it, as it should.
#if GORO_WITH_TSAN
#define UNOBSERVED __attribute__((noinline, no_sanitize("thread")))
#else
#define UNOBSERVED __attribute__((noinline))
#endif
thread_local int reserved_for = 0;
UNOBSERVED int reservation() {
  int* place = &reserved_for;
  asm volatile("" : "+r"(place) : : "memory");  // noinline and this: read on the thread that runs now
  return *place;
}
UNOBSERVED void reserve(int number) {
  int* place = &reserved_for;
  asm volatile("" : "+r"(place) : : "memory");
  *place = number;
}

struct shared {
  goro::mutex m;
  goro::condition_variable turned;
  long counter = 0;
  std::atomic<long> ended{0};
};

void wait_somehow(shared& s, stress::dice& dice) {
  switch (dice.below(6)) {
    case 0:
      return goro::yield();
    case 1:
      return goro::sleep(std::chrono::microseconds(dice.below(50)));
    case 2:
      return goro::blocking([] { usleep(1); });
    case 3: {
      std::unique_lock lock(s.m);
      s.turned.wait_for(lock, std::chrono::microseconds(dice.below(100)));
      return;
    }
    case 4:
      s.turned.notify_all();
      return;
    default: {
      const std::lock_guard hold(s.m);
      ++s.counter;
    }
  }
}

void locked(shared& s, int number, stress::dice& dice) {
  goro::lock_os_thread();
  const long home = thread_id();
  reserve(number);
  for (int i = 0; i < turns; ++i) {
    if (i % 10 == 3) {
      goro::lock_os_thread();  // nested
    } else if (i % 10 == 7) {
      goro::unlock_os_thread();
    }
    wait_somehow(s, dice);
    stress::expect_equal(thread_id(), home, "a locked goroutine changed its thread");
    stress::expect_equal(reservation(), number, "somebody else ran on a locked thread");
  }
  const std::uint64_t how = dice.below(3);
  if (how == 0) {
    return;  // the thread dies
  }
  if (how == 1) {
    goro::goexit();  // so it does here
  }
  reserve(0);
  for (int i = 0; i < turns; ++i) {
    goro::unlock_os_thread();  // more often than locked: nothing
  }
}

void unlocked(shared& s, stress::dice& dice) {
  for (int i = 0; i < turns; ++i) {
    stress::expect_equal(reservation(), 0, "an unlocked goroutine ran on a locked thread");
    wait_somehow(s, dice);
  }
}

}  // namespace

int main(int argc, char** argv) {
  return stress::play(argc, argv, "locked_threads", 8, [](long round) {
    shared s;
    goro::wait_group group;
    for (int g = 1; g <= goroutines; ++g) {
      group.go([&s, g, round] {
        struct at_end {
          std::atomic<long>& ended;
          ~at_end() { ++ended; }
        } end{s.ended};
        stress::dice dice(static_cast<std::uint64_t>(round * 1000 + g));
        if (g % 2 == 0) {
          locked(s, g, dice);
        } else {
          unlocked(s, dice);
        }
      });
    }
    group.wait();
    stress::expect_equal(s.ended.load(), long{goroutines}, "goroutines whose destructors ran");
  });
}
