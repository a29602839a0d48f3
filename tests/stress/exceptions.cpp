// Exceptions across parks: thrown, caught, rethrown, nested and handed on, with the goroutine parked at every stage, so
// that it goes on upon other threads than it threw on.
#include <atomic>
#include <cstdint>
#include <exception>
#include <mutex>
#include <stdexcept>

#include "goro/mutex.hpp"
#include "goro/wait_group.hpp"
#include "stress.hpp"

namespace {

constexpr int goroutines = stress::by_build(64, 32, 16);
constexpr int turns = stress::by_build(40, 20, 10);

struct numbered {
  long number;
};

struct shared {
  goro::mutex m;
  std::exception_ptr parcel;  // guarded by m: left by one, thrown by another
  std::atomic<long> unwound{0};
};

void park(shared& s, stress::dice& dice) {
  switch (dice.below(4)) {
    case 0:
      return goro::sleep(std::chrono::microseconds(dice.below(30)));
    case 1: {
      const std::lock_guard hold(s.m);
      return goro::yield();
    }
    default:
      return goro::yield();
  }
}

// Parks while it is destroyed, also when an exception is what destroys it.
struct parks_at_end {
  shared& s;
  stress::dice& dice;
  bool in_flight;
  ~parks_at_end() {
    stress::expect_equal(std::uncaught_exceptions(), in_flight ? 1 : 0, "exceptions in flight before the park");
    park(s, dice);
    stress::expect_equal(std::uncaught_exceptions(), in_flight ? 1 : 0, "exceptions in flight after the park");
    ++s.unwound;
  }
};

void throw_through_destructor(shared& s, stress::dice& dice, long number) {
  const parks_at_end end{s, dice, true};
  park(s, dice);
  throw numbered{number};
}

void catch_and_park(shared& s, stress::dice& dice, long number) {
  try {
    throw_through_destructor(s, dice, number);
    stress::fail("not thrown");
  } catch (const numbered& n) {
    park(s, dice);
    stress::expect_equal(n.number, number, "the caught exception after a park");
    stress::expect(std::current_exception() != nullptr, "no current exception in its handler");
  }
  stress::expect(std::current_exception() == nullptr, "a current exception outside handlers");
  const parks_at_end end{s, dice, false};
}

// Three handlers deep, parked in each, left in every way.
void nest(shared& s, stress::dice& dice, long number) {
  try {
    try {
      throw numbered{number};
    } catch (...) {
      park(s, dice);
      try {
        throw std::runtime_error("inner");
      } catch (const std::runtime_error&) {
        park(s, dice);
      }
      throw;  // the outer one again
    }
  } catch (const numbered& n) {
    park(s, dice);
    stress::expect_equal(n.number, number, "the rethrown exception");
  }
}

// One goroutine's exception is thrown again by another, and looked at by both.
void hand_on(shared& s, stress::dice& dice, long number) {
  std::exception_ptr own;
  try {
    throw numbered{number};
  } catch (...) {
    own = std::current_exception();
    park(s, dice);
  }
  {
    const std::lock_guard hold(s.m);
    std::swap(own, s.parcel);
  }
  if (own == nullptr) {
    return;
  }
  try {
    std::rethrow_exception(own);
  } catch (const numbered& n) {
    park(s, dice);
    stress::expect(n.number >= 0 && n.number < long{goroutines} * turns, "a handed on exception is damaged");
  }
}

// goexit out of a handler: destructors run, and no handler holds it.
void leave_from_handler(shared& s, stress::dice& dice) {
  struct counts {
    std::atomic<long>& n;
    ~counts() { ++n; }
  };
  const counts counted{s.unwound};
  try {
    throw numbered{1};
  } catch (...) {
    park(s, dice);
    goro::goexit();
  }
}

}  // namespace

int main(int argc, char** argv) {
  return stress::play(argc, argv, "exceptions", 10, [](long round) {
    shared s;
    goro::wait_group group;
    for (int g = 0; g < goroutines; ++g) {
      group.go([&s, g, round] {
        stress::dice dice(static_cast<std::uint64_t>(round * goroutines + g));
        for (int i = 0; i < turns; ++i) {
          const long number = long{g} * turns + i;
          switch (dice.below(3)) {
            case 0:
              nest(s, dice, number);
              break;
            case 1:
              hand_on(s, dice, number);
              break;
            default:
              break;
          }
          catch_and_park(s, dice, number);
        }
        leave_from_handler(s, dice);
      });
    }
    group.wait();
    stress::expect_equal(s.unwound.load(), long{goroutines} * (2 * turns + 1), "destructors that ran");
  });
}
