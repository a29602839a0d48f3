// Twins of leaks and deadlocks of published programs: GoKer, of the paper "GoBench: A Benchmark Suite of Real-World Go
// Concurrency Bugs" (doi:10.1109/CGO51591.2021.9370317), which Go keeps in
// runtime/testdata/testgoroutineleakprofile/goker. Each twin has the same goroutines with the same operations on the
// same kinds of objects; where the original leaks only by chance, the order that leaks is enforced by further steps, so
// that the leak is there every time. goker.cpp runs them; README.md has the table.
#pragma once

#include <goro/goro.hpp>

#include <chrono>
#include <string_view>
#include <vector>

namespace leaks {

// What the goroutines that a bug leaves wait for.
inline constexpr std::string_view mutex_lock = "sync.Mutex.Lock";
inline constexpr std::string_view exclusive_lock = "sync.RWMutex.Lock";
inline constexpr std::string_view shared_lock = "sync.RWMutex.RLock";
inline constexpr std::string_view group_wait = "sync.WaitGroup.Wait";
inline constexpr std::string_view condition_wait = "sync.Cond.Wait";
inline constexpr std::string_view once_call = "sync.Once.Do";
inline constexpr std::string_view receive = "chan receive";
inline constexpr std::string_view send = "chan send";
inline constexpr std::string_view select_wait = "select";

inline constexpr bool lock_cycle = true;

struct twin {
  std::string_view name;  // of the program; the function is called so too, without the slash
  void (*run)();
  std::vector<std::string_view> waits;  // of those it leaves
  bool lock_cycle = false;              // GORODEBUG=deadlock=1 reports it
};

std::vector<twin> relock_twins();
std::vector<twin> lock_order_twins();
std::vector<twin> chan_twins();
std::vector<twin> time_twins();
std::vector<twin> mixed_twins();
std::vector<twin> group_twins();

// Returns when all others wait.
inline void settle() {
  for (;;) {
    goro::sleep(std::chrono::microseconds(100));
    std::size_t active = 0;
    for (const auto& g : goro::debug::goroutines()) {
      active += g.waiting ? 0 : 1;
    }
    if (active <= 1) {
      return;
    }
  }
}

// A place where so many meet before they go on.
class meeting {
 public:
  explicit meeting(int n) { missing_.add(n); }
  void meet() {
    missing_.done();
    missing_.wait();
  }

 private:
  goro::wait_group missing_;
};

}  // namespace leaks
