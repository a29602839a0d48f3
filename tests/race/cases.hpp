// Cases with and without a data race, after Go's runtime/race/testdata. RACE(X) is the twin of TestRaceX, NO_RACE(X)
// that of TestNoRaceX. TIMED_RACE(X): a RACE(X) that sleeps put in order.
#pragma once

#include <chrono>
#include <utility>
#include <vector>

#include "goro/goro.hpp"

namespace race_cases {

using goro::chan;
using goro::make_chan;
using namespace std::chrono_literals;

struct race_case {
  const char* file;
  const char* name;
  void (*body)();
  bool racy;
  const char* miss;  // why no report is expected though there is a race; null: it is
  bool timed;        // needs a clock that does not go on while it runs
};
std::vector<race_case>& all_cases();

struct registration {
  explicit registration(const race_case& c) { all_cases().push_back(c); }
};

#define RACE_CASE_IMPL(prefix, name, racy, miss, timed)              \
  static void prefix##name();                                        \
  static const ::race_cases::registration registered_##prefix##name( \
      {__FILE__, #prefix #name, &prefix##name, racy, miss, timed});  \
  static void prefix##name()
#define RACE(name) RACE_CASE_IMPL(Race, name, true, nullptr, false)
#define TIMED_RACE(name) RACE_CASE_IMPL(Race, name, true, nullptr, true)
#define NO_RACE(name) RACE_CASE_IMPL(NoRace, name, false, nullptr, false)
#define MISSED_RACE(name, why) RACE_CASE_IMPL(Race, name, true, why, false)

// Variables of a case live for ever: a goroutine may outlive the case, and no memory is used by two of them.
template <class T>
T& leaked(T value = {}) {
  return *new T(std::move(value));
}
template <class T>
chan<T>& channel(std::size_t capacity = 0) {
  return leaked(make_chan<T>(capacity));
}

// A read of all of it.
template <class T>
[[gnu::noinline]] void use(const T& x) {
  T copy = x;
  asm volatile("" : : "r"(&copy) : "memory");
}
// Not optimised away, and no read.
template <class T>
[[gnu::noinline]] void mention(T* address) {
  asm volatile("" : : "r"(address) : "memory");
}

// A goroutine with `first`, the caller with `second`; then the goroutine is waited for.
template <class First, class Second>
void beside(First first, Second second) {
  auto& done = channel<bool>(1);
  goro::go([&, first] {
    first();
    done.send(true);
  });
  second();
  done.recv();
}

// Two goroutines, ordered by nothing.
template <class First, class Second>
void both(First first, Second second) {
  auto& done = channel<int>(2);
  goro::go([&, first] {
    first();
    done.send(1);
  });
  goro::go([&, second] {
    second();
    done.send(1);
  });
  done.recv();
  done.recv();
}

}  // namespace race_cases
