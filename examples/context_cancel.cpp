// A context tells everybody who works for the same purpose that it is over: by hand, by a deadline, for a reason.
#include <chrono>
#include <cstdio>

#include <goro/goro.hpp>

using namespace std::chrono_literals;

// Works until the context ends.
void worker(const goro::context& ctx, int number) {
  for (int job = 1;; ++job) {
    const bool ended = goro::select(goro::recv_case(ctx.done()), goro::recv_case(goro::after(20ms))) == 0;
    if (ended) {
      std::printf("worker %d stops: %s\n", number, ctx.err().message().c_str());
      return;
    }
    std::printf("worker %d did job %d\n", number, job);
  }
}

// The same without a loop: what blocks takes the context itself.
void use_database(const goro::context& ctx, goro::mutex& database) {
  if (!database.lock(ctx)) {
    std::printf("no database: %s, because: %s\n", ctx.err().message().c_str(), ctx.cause().message().c_str());
    return;
  }
  std::puts("this is not reached");
  database.unlock();
}

int main() {
  std::puts("watch: one cancel() ends all workers, a deadline ends what is too slow, and a child ends with its parent");
  {
    const auto [ctx, cancel] = goro::with_cancel(goro::background());
    goro::wait_group wg;
    for (int number = 1; number <= 3; ++number) {
      wg.go([ctx = ctx, number] { worker(ctx, number); });
    }
    goro::sleep(90ms);
    cancel();
    wg.wait();
  }

  const auto [limited, stop] = goro::with_timeout(goro::background(), 50ms);
  const auto start = std::chrono::steady_clock::now();
  const bool slept = goro::sleep(limited, 10s);
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
  std::printf("ten seconds were %s after %.0f ms: %s\n", slept ? "over" : "cut short", took.count(),
              limited.err().message().c_str());

  const auto [request, end_request] = goro::with_cancel_cause(goro::background());
  const auto [query, end_query] =
      goro::with_timeout(request, 1h);  // a child: it has its own deadline and its parent's end
  goro::mutex database;
  database.lock();  // somebody has it and does not give it back
  goro::wait_group wg;
  wg.go([query = query, &database] { use_database(query, database); });
  end_request(std::make_error_code(std::errc::connection_reset));
  wg.wait();
  database.unlock();
}
