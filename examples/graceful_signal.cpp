// A server that is told to stop finishes what it has begun: ^C and SIGTERM end a context, and the context ends the
// work.
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>

#include <goro/goro.hpp>

using namespace std::chrono_literals;

std::atomic<int> begun{0};
std::atomic<int> finished{0};

// One job takes 40 ms and is not interrupted; after each the worker looks whether it shall go on.
void worker(const goro::context& ctx, int number) {
  for (bool ended = false; !ended;) {
    const int job = ++begun;
    goro::sleep(40ms);
    ++finished;
    ended = static_cast<bool>(ctx.err());
    std::printf("worker %d finished job %d%s\n", number, job, ended ? " and stops" : "");
  }
}

int main() {
  std::puts("watch: a signal comes in the middle of three jobs; each is finished, and none is begun any more");
  const auto [ctx, stop] = goro::signal::notify_context(goro::background(), {SIGINT, SIGTERM});
  goro::wait_group workers;
  for (int number = 1; number <= 3; ++number) {
    workers.go([ctx = ctx, number] { worker(ctx, number); });
  }

  goro::after_func(100ms, [] { std::raise(SIGTERM); });  // so that the tour goes on by itself; ^C does as well

  ctx.done().recv();
  std::printf("shutting down: %s\n", ctx.cause().message().c_str());
  stop();  // from here on a second signal would end the program at once
  workers.wait();
  std::printf("clean shutdown, %s\n", begun == finished ? "nothing left undone" : "something is missing");
}
