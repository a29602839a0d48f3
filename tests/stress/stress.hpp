// What the stress programs share: options, rounds, a watchdog, and checks that hold in every build.
//
//   stress_<name> [--rounds N] [--procs 1,2,4,64] [--seconds S] [--watchdog S]
//
// A program plays `rounds` rounds with each number of processors and prints one line for each. `--seconds` ends a
// number of processors earlier. Every check is exact; none depends on time. What must not happen is that nothing
// happens: a thread outside goro watches the count of finished steps, and when it has stood still for a minute the
// program tells what it knows and aborts. That is a failure like any other, never a reason to try again.
#pragma once

#include <dirent.h>

#include <atomic>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "goro/detail/config.hpp"
#include "goro/go.hpp"
#include "goro/time.hpp"

namespace stress {

using namespace std::chrono_literals;

// Sanitizers make everything slower, and libtsan of g++ 12 ends at 8,128 live goroutines.
inline constexpr bool race_build = GORO_WITH_TSAN != 0;
inline constexpr bool sanitized = GORO_WITH_TSAN != 0 || GORO_WITH_ASAN != 0;
template <class T>
constexpr T by_build(T plain, T asan, T race) {
  return race_build ? race : sanitized ? asan : plain;
}

struct options {
  std::string name;
  long rounds = 0;
  std::vector<int> processors{1, 2, 4, 64};
  long seconds = 0;  // 0: all rounds
  long watchdog_seconds = 60;
};

[[noreturn]] inline void fail(const std::string& what) {
  std::fflush(stdout);
  std::fprintf(stderr, "STRESS FAILURE: %s\n", what.c_str());
  std::fflush(stderr);
  std::abort();
}

inline void expect(bool holds, const char* what) {
  if (!holds) [[unlikely]] {
    fail(what);
  }
}

template <class A, class B>
void expect_equal(const A& got, const B& wanted, const char* what) {
  if (got != wanted) [[unlikely]] {
    fail(std::string(what) + ": " + std::to_string(got) + " instead of " + std::to_string(wanted));
  }
}

inline long number_from(std::string_view text) {
  long n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (error != std::errc{} || end != text.data() + text.size() || n <= 0) {
    fail("not a positive number: " + std::string(text));
  }
  return n;
}

inline std::vector<int> numbers_from(std::string_view list) {
  std::vector<int> numbers;
  while (!list.empty()) {
    const auto comma = list.find(',');
    numbers.push_back(static_cast<int>(number_from(list.substr(0, comma))));
    list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
  }
  return numbers;
}

// Takes what it knows out of the arguments; a bare number is the number of rounds.
inline options read_options(int argc, char** argv, const char* name, long default_rounds) {
  setenv("GORODEBUG", "rescue=off", 0);  // a lost wakeup shall hang: the monitor does not repair it
  options o;
  o.name = name;
  o.rounds = default_rounds;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    const auto value = [&] { return i + 1 < argc ? std::string_view{argv[++i]} : std::string_view{}; };
    if (argument == "--rounds") {
      o.rounds = number_from(value());
    } else if (argument == "--procs") {
      o.processors = numbers_from(value());
    } else if (argument == "--seconds") {
      o.seconds = number_from(value());
    } else if (argument == "--watchdog") {
      o.watchdog_seconds = number_from(value());
    } else {
      o.rounds = number_from(argument);
    }
  }
  return o;
}

// Steps that were finished: what the watchdog watches. Cheap enough for every few microseconds of work.
inline std::atomic<unsigned long> steps{0};
inline void progress() { steps.fetch_add(1, std::memory_order_relaxed); }

inline std::string first_line_of(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

// One line for each thread: its name, the state and the kernel function it sleeps in.
inline void describe_threads() {
  DIR* tasks = opendir("/proc/self/task");
  if (tasks == nullptr) {
    return;
  }
  while (const dirent* entry = readdir(tasks)) {
    if (entry->d_name[0] == '.') {
      continue;
    }
    const std::string folder = std::string("/proc/self/task/") + entry->d_name;
    const std::string stat = first_line_of(folder + "/stat");
    const auto state = stat.rfind(')');
    std::fprintf(stderr, "  thread %s %-16s %c in %s, syscall %s\n", entry->d_name,
                 first_line_of(folder + "/comm").c_str(),
                 state != std::string::npos && state + 2 < stat.size() ? stat[state + 2] : '?',
                 first_line_of(folder + "/wchan").c_str(), first_line_of(folder + "/syscall").c_str());
  }
  closedir(tasks);
}

// Watches `steps` from a thread that goro does not know. Counts its own wake-ups rather than the time: a machine that
// stood still is no failure.
class watchdog {
 public:
  explicit watchdog(const options& o) : limit_seconds_(o.watchdog_seconds), thread_([this] { watch(); }) {}
  watchdog(const watchdog&) = delete;
  watchdog& operator=(const watchdog&) = delete;
  ~watchdog() {
    {
      const std::lock_guard hold(mutex_);
      ended_ = true;
    }
    condition_.notify_one();
    thread_.join();
  }

  // What is going on; shown when nothing goes on any more.
  void describe(const std::string& what) {
    const std::lock_guard hold(mutex_);
    doing_ = what;
  }

 private:
  void watch() {
    std::unique_lock hold(mutex_);
    unsigned long seen = 0;
    long still = 0;
    while (!condition_.wait_for(hold, 1s, [this] { return ended_; })) {
      const unsigned long now = steps.load(std::memory_order_relaxed);
      still = now == seen ? still + 1 : 0;
      seen = now;
      if (still >= limit_seconds_) {
        std::fprintf(stderr, "no progress for %ld s: %s\n  %lu steps, %zu goroutines, gomaxprocs %d\n", still,
                     doing_.c_str(), now, goro::num_goroutine(), goro::gomaxprocs());
        describe_threads();
        fail("no progress");
      }
    }
  }

  const long limit_seconds_;
  std::mutex mutex_;
  std::condition_variable condition_;
  bool ended_ = false;
  std::string doing_;
  std::thread thread_;
};

// Waits for a condition that must come true; the watchdog limits how long.
template <class Condition>
void wait_until(Condition condition) {
  while (!condition()) {
    std::this_thread::sleep_for(50us);
  }
}

// Plays the rounds: round(number) runs in the main goroutine. Afterwards no goroutine may be left.
template <class Round>
int play(int argc, char** argv, const char* name, long default_rounds, Round round) {
  const options o = read_options(argc, argv, name, default_rounds);
  watchdog dog(o);
  for (const int processors : o.processors) {
    const std::string where = std::string(name) + " procs=" + std::to_string(processors);
    const auto started = std::chrono::steady_clock::now();
    const auto elapsed = [started] { return std::chrono::steady_clock::now() - started; };
    long played = 0;
    goro::gomaxprocs(processors);
    goro::run([&] {
      for (; played < o.rounds && (o.seconds == 0 || elapsed() < std::chrono::seconds(o.seconds)); ++played) {
        dog.describe(where + " round " + std::to_string(played));
        round(played);
        progress();
      }
    });
    dog.describe(where + ", waiting for the last goroutines");
    wait_until([] { return goro::num_goroutine() == 0; });
    std::printf("%s rounds=%ld ok %.2f s\n", where.c_str(), played, std::chrono::duration<double>(elapsed()).count());
    std::fflush(stdout);
  }
  return 0;
}

// A small generator for each goroutine: what it draws depends on its seed alone.
class dice {
 public:
  explicit dice(std::uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15ULL + 1) {}
  std::uint64_t below(std::uint64_t n) {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return (state_ >> 11) % n;
  }

 private:
  std::uint64_t state_;
};

}  // namespace stress
