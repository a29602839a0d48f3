// Goroutines started from many threads that goro does not own, while the workers go to sleep and come back.
#include <array>
#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

#include "goro/wait_group.hpp"
#include "stress.hpp"

namespace {

constexpr int threads = 8;
constexpr int spawns = stress::by_build(400, 200, 60);

// Closures of every size class, and one beyond: the record must be freed as what it was allocated as.
template <std::size_t size>
struct alignas(size >= 1024 ? 64 : 8) payload {
  std::array<unsigned char, size> bytes;
  explicit payload(unsigned char mark) { bytes.fill(mark); }
  unsigned char mark() const {
    for (const unsigned char b : bytes) {
      stress::expect(b == bytes[0], "the closure was damaged on the way");
    }
    return bytes[0];
  }
};

template <std::size_t size>
void spawn(goro::wait_group& group, std::atomic<long>& sum, unsigned char mark) {
  group.add();
  goro::go([&group, &sum, p = payload<size>(mark)] {
    sum += p.mark();
    group.done();
  });
}

void spawn_one(goro::wait_group& group, std::atomic<long>& sum, std::uint64_t size, unsigned char mark) {
  switch (size) {
    case 0:
      return spawn<8>(group, sum, mark);
    case 1:
      return spawn<100>(group, sum, mark);
    case 2:
      return spawn<400>(group, sum, mark);
    default:
      return spawn<1024>(group, sum, mark);
  }
}

// Each thread waits for what it started: the last wake of a round meets threads and workers that fall asleep.
void from_thread(int number, long round, std::atomic<long>& sum, long& wanted) {
  stress::dice dice(static_cast<std::uint64_t>(round * threads + number));
  goro::wait_group group;
  for (int i = 0; i < spawns; ++i) {
    const auto mark = static_cast<unsigned char>(dice.below(250) + 1);
    wanted += mark;
    spawn_one(group, sum, dice.below(4), mark);
    if (dice.below(16) == 0) {
      group.wait();
    }
  }
  group.wait();
}

}  // namespace

int main(int argc, char** argv) {
  return stress::play(argc, argv, "foreign_spawn", 20, [](long round) {
    std::atomic<long> sum{0};
    std::array<long, threads> wanted{};
    std::atomic<long> orphans{0};
    goro::blocking([&] {
      std::vector<std::thread> foreign;
      for (int i = 0; i < threads; ++i) {
        foreign.emplace_back([&, i] {
          from_thread(i, round, sum, wanted[static_cast<std::size_t>(i)]);
          // What it starts last outlives the thread.
          goro::go([&orphans] { ++orphans; });
        });
      }
      for (auto& t : foreign) {
        t.join();
      }
    });
    long total = 0;
    for (const long w : wanted) {
      total += w;
    }
    stress::expect_equal(sum.load(), total, "sum of the marks");
    while (orphans != threads) {
      goro::yield();
    }
  });
}
