// What the seams declare and nothing else here defines.
#include <cstdlib>

#include "base/check.hpp"
#include "base/futex.hpp"
#include "base/random.hpp"
#include "sched/thread_parker.hpp"

namespace goro::base {

bool futex_wait(futex_word& word, std::uint32_t expected, nanoseconds deadline) noexcept {
  return model::wait_while_equal(word.as_cell(), expected, deadline, model::place::current());
}
void futex_wake(futex_word& word, int count) noexcept { model::wake(&word.as_cell(), count, model::place::current()); }

std::uint64_t random_seed() noexcept { return 1; }

void warn(std::string_view) noexcept {}
void fatal_error(std::string_view text) noexcept {
  model::fail("fatal error: " + std::string{text});
  std::abort();
}

}  // namespace goro::base

// Foreign threads are counted for the report of deadlocks: not modelled.
namespace goro::sched {
void note_thread_stops() noexcept {}
void note_thread_goes_on() noexcept {}
}  // namespace goro::sched
