// Stacks of different sizes, used to their depth and parked there; when they are gone, so is their memory.
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstring>
#include <fstream>

#include "goro/semaphore.hpp"
#include "goro/wait_group.hpp"
#include "stress.hpp"

namespace {

constexpr int goroutines = stress::by_build(200, 60, 24);
// Sanitizers make frames larger and keep shadow memory of every stack that was touched.
constexpr std::size_t frame = 1024;
constexpr std::size_t frame_cost = frame * (stress::sanitized ? 4 : 2);

struct kind {
  std::size_t stack_size;
  int depth;
};
constexpr int depth_for(std::size_t size) { return static_cast<int>((size - (std::size_t{12} << 10)) / frame_cost); }
constexpr kind kinds[] = {
    {std::size_t{32} << 10, depth_for(std::size_t{32} << 10)},
    {std::size_t{128} << 10, depth_for(std::size_t{128} << 10)},
    {0, depth_for(std::size_t{200} << 10)},
    {std::size_t{1} << 20, depth_for(std::size_t{1} << 20)},
    {std::size_t{4} << 20, depth_for(std::size_t{4} << 20)},
};

// Every frame keeps a pattern across whatever happens further down.
[[gnu::noinline]] long descend(int depth, unsigned char mark, goro::semaphore& down, goro::semaphore& up) {
  unsigned char pattern[frame];
  std::memset(pattern, mark, sizeof(pattern));
  asm volatile("" : : "r"(pattern) : "memory");
  long sum;
  if (depth == 0) {
    down.release();
    up.acquire();
    sum = 0;
  } else {
    if (depth % 64 == 0) {
      goro::yield();
    }
    sum = descend(depth - 1, static_cast<unsigned char>(mark + 1), down, up);
  }
  for (const unsigned char p : pattern) {
    stress::expect(p == mark, "a stack frame was damaged");
  }
  return sum + 1;
}

std::size_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::size_t total = 0;
  std::size_t resident = 0;
  file >> total >> resident;
  return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

// All of them stand at the bottom of their stacks at the same time.
void spike(long round) {
  goro::semaphore down(goroutines);
  goro::semaphore up(goroutines);
  down.acquire(goroutines);
  up.acquire(goroutines);
  std::atomic<long> frames{0};
  long wanted = 0;
  goro::wait_group group;
  for (int i = 0; i < goroutines; ++i) {
    const kind& k = kinds[static_cast<std::size_t>(i + round) % std::size(kinds)];
    wanted += k.depth + 1;
    group.add();
    goro::go({.stack_size = k.stack_size}, [&, i] {
      frames += descend(k.depth, static_cast<unsigned char>(i), down, up);
      group.done();
    });
  }
  down.acquire(goroutines);
  up.release(goroutines);
  group.wait();
  stress::expect_equal(frames.load(), wanted, "frames");
}

std::size_t resident_before = 0;

}  // namespace

int main(int argc, char** argv) {
  resident_before = resident_bytes();
  const int status = stress::play(argc, argv, "deep_stacks", 4, spike);
  // Memory comes back in the background, all but a bounded rest for reuse: it does not grow with the rounds.
  constexpr std::size_t kept = std::size_t{32} << 20;
  if (!stress::sanitized) {
    const stress::options o = stress::read_options(argc, argv, "deep_stacks", 4);
    stress::watchdog dog(o);
    dog.describe("waiting for the memory of dead stacks to be given back");
    stress::wait_until([] { return resident_bytes() <= resident_before + kept; });
    std::printf("deep_stacks resident: %zu KiB at first, %zu KiB in the end\n", resident_before >> 10,
                resident_bytes() >> 10);
  }
  return status;
}
