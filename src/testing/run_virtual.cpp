// Virtual time: a bubble without rules.
#include <exception>
#include <utility>

#include "base/check.hpp"
#include "goro/detail/prepared_go.hpp"
#include "goro/testing.hpp"
#include "sched/bubble.hpp"

namespace goro::testing {

using sched::bubble;

namespace {

// What the first goroutine does: f, and it waits for the others, also when f throws or ends by goexit().
void run_first_member(bubble& home, const std::function<void()>& f, std::exception_ptr& thrown) {
  struct wait_at_end {
    bubble& home;
    ~wait_at_end() { home.wait_for_members(); }
  } end{home};
  try {
    f();
  } catch (...) {
    thrown = std::current_exception();
    if (thrown == nullptr) {
      throw;  // goexit passes through
    }
  }
}

}  // namespace

[[gnu::noinline]] void run_virtual(const std::function<void()>& f) {
  if (bubble::of_caller() != nullptr) {
    base::raise_panic("testing.run_virtual called from within a bubble");
  }
  auto* home = new bubble(nullptr);
  std::exception_ptr thrown;
  auto first = detail::prepared_go::make([&] { run_first_member(*home, f, thrown); });
  sched::watch_calls();
  const bubble::outcome how = home->run(*first.take(), __builtin_extract_return_addr(__builtin_return_address(0)));
  sched::watch_calls_no_more();
  bubble::retire(home);
  if (thrown != nullptr) {
    std::rethrow_exception(std::move(thrown));
  }
  if (how == bubble::outcome::deadlock) {
    base::raise_panic("deadlock: all goroutines in bubble are blocked");
  }
  if (how == bubble::outcome::leak) {
    base::raise_panic("deadlock: main bubble goroutine has exited but blocked goroutines remain");
  }
}

void wait_idle() {
  bubble* home = bubble::of_caller();
  if (home == nullptr) {
    base::raise_panic("goroutine is not in a bubble");
  }
  home->wait_idle();
}

}  // namespace goro::testing
