#include "harass.hpp"

#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <new>
#include <string>
#include <vector>

#include "goro/go.hpp"
#include "stress.hpp"

namespace soak {
namespace {

using clock = std::chrono::steady_clock;

constexpr const char* descriptor_of_storm = "SOAK_STORM";
constexpr std::chrono::microseconds between_signals{100};
constexpr auto most_arrears = std::chrono::milliseconds(100);  // what the sender could not send when it was due
constexpr long most_pending = 1000;                            // the system queues some thousands for each user

// What the two processes know of each other, in memory of both.
struct storm {
  std::atomic<bool> awaited{false};  // the child has its handler
  std::atomic<bool> over{false};     // it has done what it had to do
  std::atomic<bool> stopped{false};  // the parent sends no more
  std::atomic<long> sent{0};
  std::atomic<long> handled{0};
};

// In the child: what its handler counts in.
std::atomic<storm*> caught{nullptr};

// A real-time signal: one that waits is not taken for the next one as well, so that as many arrive as are sent.
int storm_signal() { return SIGRTMIN + 1; }

void pause_for(long nanoseconds) {
  const timespec time{0, nanoseconds};
  nanosleep(&time, nullptr);
}

void pause_until(clock::time_point time) {
  const auto ns = time.time_since_epoch().count();
  const timespec when{ns / 1'000'000'000, ns % 1'000'000'000};
  clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &when, nullptr);
}

storm* map_storm(int descriptor) {
  void* memory = mmap(nullptr, sizeof(storm), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  if (memory == MAP_FAILED) {
    stress::fail(std::string("mmap: ") + std::strerror(errno));
  }
  return static_cast<storm*>(memory);
}

// By the time that has passed, not by pauses: each lasts longer than it says.
class sender {
 public:
  explicit sender(storm& s) : storm_(s) {
    prctl(PR_SET_TIMERSLACK, 1);  // else the system adds 50 µs to each pause
  }

  void send_what_is_due(pid_t child) {
    if (storm_.over) {
      storm_.stopped = true;
    }
    if (!storm_.awaited || storm_.stopped) {
      due_ = clock::now();
      pause_for(1'000'000);
      return;
    }
    const auto now = clock::now();
    due_ = std::max(due_, now - most_arrears);
    for (; due_ <= now && may_send(); due_ += between_signals) {
      if (sigqueue(child, storm_signal(), {}) != 0) {
        break;  // the queue is full, or the child has ended
      }
      ++storm_.sent;
    }
    pause_until(std::max(due_, now + between_signals / 2));
  }

 private:
  // ThreadSanitizer takes signals that wait for the same thread for one.
  bool may_send() const { return stress::race_build || storm_.sent - storm_.handled < most_pending; }

  storm& storm_;
  clock::time_point due_ = clock::now();
};

void stop_for_most_of_the_time(pid_t child) {
  kill(child, SIGSTOP);
  pause_for(18'000'000);
  kill(child, SIGCONT);
  pause_for(2'000'000);
}

[[noreturn]] void become(int argc, char** argv, pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);  // a child that is stopped would stay so for ever
  if (getppid() != parent) {
    _exit(127);
  }
  prctl(PR_SET_TIMERSLACK, 50'000);  // the system's default; the sender has changed it for itself
  std::vector<char*> arguments;
  for (int i = 0; i < argc; ++i) {
    if (std::string_view(argv[i]) == "--under" && i + 1 < argc) {
      ++i;
    } else {
      arguments.push_back(argv[i]);
    }
  }
  arguments.push_back(nullptr);
  execv("/proc/self/exe", arguments.data());
  _exit(127);
}

int run_while(int argc, char** argv, std::string_view how, const std::function<void(pid_t)>& harass_once) {
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child == 0) {
    become(argc, argv, parent);
  }
  if (child < 0) {
    stress::fail(std::string("fork: ") + std::strerror(errno));
  }
  int status = 0;
  pid_t ended = 0;
  while ((ended = waitpid(child, &status, WNOHANG)) == 0) {
    harass_once(child);
  }
  if (ended != child) {
    stress::fail(std::string("waitpid: ") + std::strerror(errno));
  }
  if (!WIFEXITED(status)) {
    stress::fail("killed by signal " + std::to_string(WTERMSIG(status)));
  }
  std::printf("soak under %s ended with status %d\n", std::string(how).c_str(), WEXITSTATUS(status));
  return WEXITSTATUS(status);
}

int run_in_a_storm(int argc, char** argv, std::string_view how) {
  const int descriptor = memfd_create("storm", 0);
  if (descriptor < 0 || ftruncate(descriptor, sizeof(storm)) != 0) {
    stress::fail(std::string("memfd_create: ") + std::strerror(errno));
  }
  setenv(descriptor_of_storm, std::to_string(descriptor).c_str(), 1);
  sender s(*::new (map_storm(descriptor)) storm);
  return run_while(argc, argv, how, [&s](pid_t child) { s.send_what_is_due(child); });
}

}  // namespace

int run_harassed(int argc, char** argv, std::string_view how) {
  if (how == "stops") {
    return run_while(argc, argv, how, &stop_for_most_of_the_time);
  }
  if (how == "signals") {
    return run_in_a_storm(argc, argv, how);
  }
  return -1;
}

storm_watch::storm_watch() {
  const char* descriptor = getenv(descriptor_of_storm);
  if (descriptor == nullptr) {
    return;
  }
  caught = map_storm(std::atoi(descriptor));
  close(std::atoi(descriptor));
  struct sigaction action;
  std::memset(&action, 0, sizeof action);
  action.sa_handler = [](int) { caught.load(std::memory_order_relaxed)->handled.fetch_add(1); };
  sigaction(storm_signal(), &action, nullptr);
  goro::gomaxprocs();  // from here on goro has the mask that its workers shall have
  sigset_t mine;
  sigemptyset(&mine);
  sigaddset(&mine, storm_signal());
  pthread_sigmask(SIG_BLOCK, &mine, nullptr);  // this thread, which only waits, would take them all
  begun_ = clock::now();
  caught.load()->awaited = true;
}

void storm_watch::expect_all_handled(const stress::options& o) const {
  if (caught == nullptr) {
    return;
  }
  storm& s = *caught.load();
  const std::chrono::duration<double> lasted = clock::now() - begun_;
  s.over = true;
  stress::watchdog dog(o);
  dog.describe("the last signals of the storm");
  stress::wait_until([&s] { return s.stopped.load(); });
  if (!stress::race_build) {
    stress::wait_until([&s] { return s.handled >= s.sent; });
  }
  stress::expect(s.handled <= s.sent, "a signal was handled twice");
  std::printf("%ld signals sent, %ld handled, %.0f a second\n", s.sent.load(), s.handled.load(),
              static_cast<double>(s.handled) / lasted.count());
}

}  // namespace soak
