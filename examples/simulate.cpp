// Two transfers at a time, each from one account to the other, locked in the order in which they are named: seldom, each has one lock and waits
// for the other. A test that runs them a thousand times may pass; a simulation finds the schedule. And an hour of waiting takes no time.
#include <goro/goro.hpp>
#include <goro/testing.hpp>

#include <chrono>
#include <cstdio>
#include <mutex>

namespace {

using namespace std::chrono_literals;

struct account {
  goro::mutex lock;
  int balance = 100;
};

void transfer_carelessly(account& from, account& to, int amount) {
  const std::lock_guard first(from.lock);
  const std::lock_guard second(to.lock);
  from.balance -= amount;
  to.balance += amount;
}

void transfer(account& from, account& to, int amount) {
  const std::scoped_lock both(from.lock, to.lock);
  from.balance -= amount;
  to.balance += amount;
}

template <class Transfer>
goro::testing::sim_result try_schedules(Transfer move) {
  return goro::testing::simulate({.seed = 1, .schedules = 2000}, [move] {
    account a;
    account b;
    goro::wait_group both;
    both.go([&] { move(a, b, 10); });
    both.go([&] { move(b, a, 20); });
    both.wait();
    goro::testing::require(a.balance + b.balance == 200, "no money is lost");
  });
}

}  // namespace

int main() {
  std::puts("watch: the changes of goroutine that are needed for a deadlock; what is left of an hour");
  const auto careless = try_schedules(&transfer_carelessly);
  std::printf("one lock after the other: %s\n%s", careless.failed ? "fails" : "passes", careless.report.c_str());
  const auto careful = try_schedules(&transfer);
  std::printf("both locks at once: %zu schedules, %s\n", careful.schedules_run, careful.failed ? "fails" : "passes");
  std::fputs(careful.report.c_str(), stdout);

  const auto begin = std::chrono::steady_clock::now();
  goro::testing::run_virtual([] {
    auto [ctx, cancel] = goro::with_timeout(goro::background(), 1h);
    goro::select(goro::recv_case(ctx.done()));
    std::printf("an hour later: %s\n", ctx.err().message().c_str());
  });
  const bool quick = std::chrono::steady_clock::now() - begin < 1min;
  std::puts(quick ? "it took no time" : "it took its time");
}
