// Everything at once, for as long as one likes, and nothing may be left of it.
//
//   soak [--minutes M | --seconds S] [--procs P[,P…]] [--seed N] [--watchdog S] [--under stops|signals]
//
// The time is divided into turns; there are plateaus::fewest of them in any case, short ones if the time is short. In
// each some goroutines play workloads that chance picks, beside one another; in the next turn there is another number
// of processors. Then the program rests: there must be no goroutine left, the descriptors that were there before, and
// no more threads than there may be idle ones. What it uses then is a plateau, and plateaus must not rise
// (resources.hpp). What happens depends on the seed but for the order of threads; the seed is printed.
#include <malloc.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "goro/wait_group.hpp"
#include "harass.hpp"
#include "mixes.hpp"
#include "resources.hpp"

namespace soak {
namespace {

using clock = std::chrono::steady_clock;

constexpr int players = 4;
constexpr std::chrono::milliseconds between_looks{50};
constexpr int spare_threads = 6;  // main, watchdog, monitor, signals, and what a sanitizer has

struct plan {
  stress::options common;
  long seconds = 5;
  std::uint64_t seed = std::random_device{}();
};

plan read_plan(int argc, char** argv) {
  plan p;
  std::vector<char*> rest{argv[0]};
  for (int i = 1; i < argc; ++i) {
    const std::string_view option = argv[i];
    const bool mine = i + 1 < argc && (option == "--minutes" || option == "--seconds" || option == "--seed");
    if (!mine) {
      rest.push_back(argv[i]);
    } else if (option == "--seed") {
      p.seed = static_cast<std::uint64_t>(stress::number_from(argv[++i]));
    } else {
      p.seconds = stress::number_from(argv[++i]) * (option == "--minutes" ? 60 : 1);
    }
  }
  p.common = stress::read_options(static_cast<int>(rest.size()), rest.data(), "soak", 1);
  return p;
}

std::vector<mix> all_mixes() {
  std::vector<mix> all;
  for (const auto some : {core_mixes(), waiting_mixes(), net_mixes()}) {
    all.insert(all.end(), some.begin(), some.end());
  }
  return all;
}

// How often each was played.
using tally = std::vector<std::atomic<long>>;

void play_until(clock::time_point end, std::uint64_t seed, const std::vector<mix>& all, tally& played) {
  goro::wait_group group;
  for (int i = 0; i < players; ++i) {
    group.go([&all, &played, end, dice = stress::dice(seed + static_cast<std::uint64_t>(i))]() mutable {
      do {
        const std::size_t number = dice.below(all.size());
        all[number].play(dice);
        ++played[number];
        stress::progress();
      } while (clock::now() < end);
    });
  }
  group.wait();
}

// So that all is there that goro makes at the first use of something, and keeps.
void play_each_once(std::uint64_t seed, const std::vector<mix>& all, tally& played) {
  stress::dice dice(seed);
  for (std::size_t number = 0; number < all.size(); ++number) {
    all[number].play(dice);
    ++played[number];
    stress::progress();
  }
}

// Until what was used for the turn is given back; that goro ends idle threads takes it seconds. The watchdog limits it.
// Then it looks so many times, since what a thread is about to give back is still there; and for some seconds while
// there is more memory than `least`, which is how long that may take.
usage rest(stress::watchdog& dog, std::size_t descriptors, std::size_t most_threads, long looks, std::size_t least) {
  usage now;
  const auto is_at_rest = [&] {
    now = usage_now();
    dog.describe("at rest with " + std::to_string(now.goroutines) + " goroutines, " + std::to_string(now.threads) +
                 " threads (at most " + std::to_string(most_threads) + "), " + std::to_string(now.descriptors) +
                 " descriptors (" + std::to_string(descriptors) + " before)");
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    return now.goroutines == 0 && now.threads <= most_threads && (descriptors == 0 || now.descriptors == descriptors);
  };
  while (!is_at_rest()) {
  }
  malloc_trim(0);
  usage lowest = usage_now();
  const auto patience = clock::now() + std::chrono::seconds(5);
  for (long look = 0; look < looks || (lowest.resident_kib > least && clock::now() < patience); ++look) {
    std::this_thread::sleep_for(between_looks);
    lowest.resident_kib = std::min(lowest.resident_kib, usage_now().resident_kib);
  }
  return lowest;
}

void print(int turn, int processors, const usage& u, long played) {
  std::printf(
      "turn %d procs=%d: %ld workloads; at rest %zu KiB (%zu allocated), %zu maps, %zu descriptors, %zu threads\n",
      turn, processors, played, u.resident_kib, u.heap_kib, u.maps, u.descriptors, u.threads);
  std::fflush(stdout);
}

int soak_for(const plan& p) {
  stress::watchdog dog(p.common);
  const std::vector<mix> all = all_mixes();
  tally played(all.size());
  plateaus seen;
  std::size_t descriptors = 0;  // after the first turn: all that goro keeps are there then
  const auto end = clock::now() + std::chrono::seconds(p.seconds);
  const auto turn_takes = std::chrono::milliseconds(std::min(10'000L, p.seconds * 1000 / 12 + 1));
  const long looks = std::min(20L, turn_takes / between_looks);
  for (int turn = 0; clock::now() < end || seen.count() < plateaus::fewest; ++turn) {
    const int processors = p.common.processors[static_cast<std::size_t>(turn) % p.common.processors.size()];
    dog.describe("turn " + std::to_string(turn) + " procs=" + std::to_string(processors) +
                 " seed=" + std::to_string(p.seed));
    goro::gomaxprocs(processors);
    const unsigned long before = stress::steps;
    goro::run([&] {
      if (turn == 0) {
        play_each_once(p.seed, all, played);
      }
      play_until(clock::now() + turn_takes, p.seed + static_cast<std::uint64_t>(turn) * players, all, played);
    });
    const usage u =
        rest(dog, descriptors, static_cast<std::size_t>(processors + spare_threads), looks, seen.most_kib());
    descriptors = u.descriptors;
    seen.add(u);
    print(turn, processors, u, static_cast<long>(stress::steps - before));
  }
  for (std::size_t i = 0; i < all.size(); ++i) {
    std::printf("%8ld %s\n", played[i].load(), all[i].name);
  }
  if (const std::string growth = seen.growth(); !growth.empty()) {
    stress::fail("what is used at rest grows: " + growth);
  }
  std::printf("soak seed=%llu ok: %zu plateaus\n", static_cast<unsigned long long>(p.seed), seen.count());
  return 0;
}

}  // namespace
}  // namespace soak

int main(int argc, char** argv) {
  for (int i = 1; i + 1 < argc; ++i) {
    if (std::string_view(argv[i]) == "--under") {
      return soak::run_harassed(argc, argv, argv[i + 1]);
    }
  }
  const soak::plan p = soak::read_plan(argc, argv);  // sets what goro reads when it starts
  const soak::storm_watch storm;
  std::printf("soak seed=%llu\n", static_cast<unsigned long long>(p.seed));
  const int status = soak::soak_for(p);
  storm.expect_all_handled(p.common);
  return status;
}
