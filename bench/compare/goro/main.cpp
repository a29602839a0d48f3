// goro's side of bench/compare.
#include <goro/goro.hpp>

#include "common/program.hpp"
#include "workloads.hpp"

namespace {

constexpr compare::workload workloads[] = {
    {"spawn-batch", 1000, compare::spawn_batch},
    {"spawn-burst", 1'000'000, compare::spawn_batch},
    {"spawn-join", 1, compare::spawn_join},
    {"yield", 2, compare::yield},
    {"ping-pong", 1, compare::ping_pong},
    {"buffered", 1, compare::buffered},
    {"channel-alone", 1, compare::channel_alone},
    {"select-ready", 4, compare::select_ready},
    {"select-blocking", 4, compare::select_blocking},
    {"select-default", 4, compare::select_default},
    {"mutex", 1, compare::mutex},
    {"mutex-contended", 8, compare::mutex_contended},
    {"parked", 1'000'000, compare::parked},
    {"skynet", 1'000'000, compare::skynet},
    {"fib", 30, compare::fib},
    {"timer-stop", 0, compare::timer_stop},
    {"timer-reset", 0, compare::timer_reset},
    {"sleeps", 100'000, compare::sleeps},
    {"beside-loop", 1, compare::beside_loop},
    {"tcp-echo", 64, compare::tcp_echo},
};

}  // namespace

int main(int argc, char** argv) {
  return compare::program("goro", workloads, argc, argv, [](const compare::request& r, auto run) {
    goro::gomaxprocs(r.procs);
    goro::run(run);
  });
}
