// How every C++ program of bench/compare measures: a warm-up of rounds that double until they last an eighth of the time, then as many
// rounds as fill it, timed in one piece. The Go and tokio programs do the same (go/measure.go, tokio/src/measure.rs).
#pragma once

#include <sys/resource.h>
#include <time.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

namespace compare {

struct request {
  std::string workload;
  int procs = 1;
  std::int64_t size = 0;    // what it means is the workload's
  std::int64_t rounds = 0;  // not 0: so many and no warm-up, to count instructions
  double time_ns = 400e6;   // to be filled with rounds
};

struct figures {
  double ns_per_op = 0;
  double cpu_ns_per_op = 0;                          // user and system, all threads
  std::vector<std::pair<std::string, double>> more;  // a workload's own
};

inline double nanoseconds_of(clockid_t clock) {
  timespec t{};
  clock_gettime(clock, &t);
  return static_cast<double>(t.tv_sec) * 1e9 + static_cast<double>(t.tv_nsec);
}
inline double now_ns() { return nanoseconds_of(CLOCK_MONOTONIC); }
inline double cpu_ns() { return nanoseconds_of(CLOCK_PROCESS_CPUTIME_ID); }

// The number behind `name` in /proc/self/status, in kilobytes.
inline double status_kb(const std::string& name) {
  std::ifstream in("/proc/self/status");
  for (std::string word; in >> word;) {
    if (double kilobytes = 0; word == name && in >> kilobytes) {
      return kilobytes;
    }
  }
  return 0;
}
inline double resident_bytes() { return (status_kb("VmRSS:") + status_kb("VmPTE:")) * 1024; }

[[noreturn]] inline void wrong(const std::string& what) {
  std::fprintf(stderr, "wrong: %s\n", what.c_str());
  std::_Exit(1);
}
inline void require(bool holds, const char* what) {
  if (!holds) {
    wrong(what);
  }
}

// Turns that a party takes in a round where parties take turns: starting it weighs little, however many they are.
inline constexpr std::int64_t turns_in_a_round = 32;

// run(rounds) does rounds × operations_per_round operations and returns when they have happened.
template <class F>
figures measure(const request& r, std::int64_t operations_per_round, F run) {
  figures f;
  const auto time = [&](std::int64_t rounds) {
    const double wall = now_ns();
    const double cpu = cpu_ns();
    run(rounds);
    const double elapsed = now_ns() - wall;
    const double operations = static_cast<double>(rounds) * static_cast<double>(operations_per_round);
    f.ns_per_op = elapsed / operations;
    f.cpu_ns_per_op = (cpu_ns() - cpu) / operations;
    return elapsed;
  };
  if (r.rounds > 0) {
    time(r.rounds);
    return f;
  }
  std::int64_t rounds = 1;
  double elapsed = time(rounds);
  for (bool warm = false;
       !warm || elapsed < r.time_ns / 2;) {  // a stretch that was disturbed while warming up made it too short
    warm = elapsed >= r.time_ns / 8;
    const auto filling = static_cast<std::int64_t>(static_cast<double>(rounds) * r.time_ns / elapsed);
    rounds = warm ? std::max<std::int64_t>(1, filling) : rounds * 2;
    elapsed = time(rounds);
  }
  return f;
}

}  // namespace compare
