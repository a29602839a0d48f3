// A tenth of a CPU, by a quota: the kernel stops the threads of the process for some 90 ms of every 100, wherever they
// are. Everything comes late then; nothing may be lost, come early, or never end.
//
// The program runs itself in a control group that it makes and removes. Where that is not possible it says what was
// missing, and ends with 77.
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <vector>

#include "goro/chan.hpp"
#include "goro/context.hpp"
#include "goro/mutex.hpp"
#include "goro/select.hpp"
#include "goro/semaphore.hpp"
#include "goro/wait_group.hpp"
#include "quota_group.hpp"
#include "stress.hpp"

namespace {

using namespace std::chrono_literals;
using std::chrono::microseconds;
using clock = std::chrono::steady_clock;

constexpr int percent = 10;
constexpr int skipped = 77;
constexpr const char* inside = "STRESS_INSIDE_QUOTA";

constexpr int crowd = stress::by_build(40, 20, 8);
constexpr int turns = stress::by_build(20, 10, 5);

microseconds short_time(stress::dice& dice) { return microseconds(dice.below(3000)); }

// body(dice) in a crowd of goroutines.
template <class Body>
void crowd_of(long round, const Body& body) {
  goro::wait_group group;
  for (int i = 0; i < crowd; ++i) {
    group.go([&body, seed = static_cast<std::uint64_t>(round * crowd + i)] {
      stress::dice dice(seed);
      body(dice);
      stress::progress();
    });
  }
  group.wait();
}

// What is sent is received, once, whichever way it goes and however many give up.
void values_arrive(long round) {
  const auto direct = goro::make_chan<int>();
  const auto buffered = goro::make_chan<int>(2);
  std::atomic<long> sent{0};
  std::atomic<long> received{0};
  crowd_of(round, [&](stress::dice& dice) {
    for (int turn = 0; turn < turns; ++turn) {
      const int value = 1 + static_cast<int>(dice.below(1000));
      const auto note_sent = [&sent, value] { sent += value; };
      const auto note_received = [&received](std::optional<int> got) { received += got.value(); };
      goro::select(goro::send_case(direct, value, note_sent), goro::recv_case(direct, note_received),
                   goro::send_case(buffered, value, note_sent), goro::recv_case(buffered, note_received),
                   goro::recv_case(goro::after(short_time(dice))));
    }
  });
  for (int left = 0; buffered.try_recv(left) == goro::chan_status::success;) {
    received += left;
  }
  stress::expect_equal(received.load(), sent.load(), "sum of what was received");
}

// Sleeps, timeouts and deadlines end when their time has passed, never before.
void nothing_is_early(long round) {
  goro::semaphore none(1);
  none.acquire();
  crowd_of(round, [&none](stress::dice& dice) {
    const auto expect_it_takes = [](microseconds wanted, auto wait) {
      const auto before = clock::now();
      wait(wanted);
      stress::expect(clock::now() - before >= wanted, "a wait ended early");
    };
    for (int turn = 0; turn < 3; ++turn) {
      expect_it_takes(short_time(dice), [](microseconds time) { goro::sleep(time); });
      expect_it_takes(short_time(dice), [](microseconds time) { goro::after(time).recv(); });
      expect_it_takes(short_time(dice), [&none](microseconds time) {
        stress::expect(!none.try_acquire_for(time), "a unit that nobody has released");
      });
      expect_it_takes(short_time(dice), [](microseconds time) {
        const auto made = goro::with_timeout(goro::background(), time);
        made.ctx.done().recv();
        made.cancel();
      });
    }
  });
}

// Every timer is called, not early, or stopped; and the ticks that are not dropped come in their order.
void timers_fire(long round) {
  std::atomic<int> fired{0};
  std::atomic<int> stopped{0};
  crowd_of(round, [&](stress::dice& dice) {
    const auto delay = short_time(dice);
    const auto due = clock::now() + delay;
    const goro::timer timer = goro::after_func(delay, [&fired, due] {
      stress::expect(clock::now() >= due, "a timer fired early");
      ++fired;
    });
    goro::sleep(short_time(dice));
    stopped += timer.stop() ? 1 : 0;
  });
  while (fired + stopped < crowd) {
    goro::sleep(100us);
  }
  stress::expect_equal(fired + stopped, crowd, "timers that fired or were stopped");

  constexpr auto period = 2ms;
  auto due = clock::now() + period;
  const goro::ticker ticker(period);
  for (int turn = 0; turn < turns; ++turn, due += period) {
    stress::expect(ticker.c().recv().value() >= due, "a tick came early");
  }
}

// One at a time, some of whom give up.
void locks_hold(long round) {
  goro::mutex m;
  long counted = 0;
  std::atomic<long> entered{0};
  crowd_of(round, [&](stress::dice& dice) {
    for (int turn = 0; turn < turns; ++turn) {
      if (dice.below(2) == 0) {
        m.lock();
      } else if (!m.try_lock_for(short_time(dice))) {
        continue;
      }
      const long before = counted;
      for (std::uint64_t i = dice.below(2000); i != 0; --i) {
        asm volatile("");
      }
      counted = before + 1;
      ++entered;
      m.unlock();
    }
  });
  stress::expect_equal(counted, entered.load(), "turns under the mutex");
}

// Goroutines that compute and never call goro, until others, who need a processor again and again, have ended.
void who_computes_gives_way(long) {
  constexpr int hogs = 2;
  constexpr int steps_beside = 5;
  std::atomic<bool> may_end{false};
  goro::wait_group computing;
  for (int i = 0; i < hogs; ++i) {
    computing.go([&may_end] {
      while (!may_end.load(std::memory_order_relaxed)) {
      }
    });
  }
  for (int i = 0; i < steps_beside; ++i) {
    goro::yield();
    goro::sleep(1ms);
    stress::progress();
  }
  may_end = true;
  computing.wait();
}

void play(long round) {
  goro::wait_group all;
  for (const auto part : {&values_arrive, &nothing_is_early, &timers_fire, &locks_hold, &who_computes_gives_way}) {
    all.go([part, round] { part(round); });
  }
  all.wait();
}

[[noreturn]] void become_limited(const stress::quota_group& group, char** argv, pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) {
    _exit(127);
  }
  if (!group.join()) {
    std::printf("cpu_quota skipped: a process cannot be put into the group: %s\n", std::strerror(errno));
    std::fflush(stdout);
    _exit(skipped);
  }
  setenv(inside, "1", 1);
  unsetenv("GOMAXPROCS");
  execv("/proc/self/exe", argv);
  _exit(127);
}

int run_limited(char** argv) {
  std::string missing;
  const auto group = stress::quota_group::make(percent, missing);
  if (!group) {
    std::printf("cpu_quota skipped: %s\n", missing.c_str());
    return skipped;
  }
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child == 0) {
    become_limited(*group, argv, parent);
  }
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child) {
    std::printf("cpu_quota: cannot run the program: %s\n", std::strerror(errno));
    return 1;
  }
  std::printf("cpu_quota at %d %%: throttled in %ld of %ld periods\n", percent, group->periods_throttled(),
              group->periods());
  if (WIFSIGNALED(status)) {
    std::printf("cpu_quota killed by signal %d\n", WTERMSIG(status));
    return 1;
  }
  if (WEXITSTATUS(status) == 0) {
    stress::expect(group->periods_throttled() > 0, "the quota is felt");
  }
  return WEXITSTATUS(status);
}

}  // namespace

int main(int argc, char** argv) {
  if (getenv(inside) == nullptr) {
    return run_limited(argv);
  }
  setenv("GORODEBUG", "rescue=off", 0);
  stress::expect_equal(goro::gomaxprocs(), 1, "processors, when nobody says how many");
  return stress::play(argc, argv, "cpu_quota", 5, play);
}
