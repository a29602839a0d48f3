// The process ends while goroutines run, sleep, spawn, block and contend. Static objects are destroyed at that time: no
// goroutine may touch them any more, and the process must end, with the status it was given.
//
// The parent starts itself again as `--child HOW`, many times. The child's status says what happened:
// `expected_status`, or `touched_status` when a goroutine met a static object that was already destroyed.
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>

#include "goro/mutex.hpp"
#include "stress.hpp"

extern char** environ;

namespace {

using namespace std::chrono_literals;

constexpr int expected_status = 7;
constexpr int touched_status = 99;

// ---- The child. -----------------------------------------------------------------------------------------------------

std::atomic<int> turns{0};

// Does not end with its object: what is stored here stays readable.
class guarded {
 public:
  explicit guarded(std::atomic<bool>& destroyed) : destroyed_(destroyed) {}
  guarded(const guarded&) = delete;
  guarded& operator=(const guarded&) = delete;
  ~guarded() {
    destroyed_.store(true);
    // A goroutine that still runs gets the time to be caught. No waiting for something: nothing must happen.
    const auto end = std::chrono::steady_clock::now() + 500us;
    while (std::chrono::steady_clock::now() < end) {
    }
  }

 private:
  std::atomic<bool>& destroyed_;
};

std::atomic<bool> early_destroyed{false};
std::atomic<bool> late_destroyed{false};
guarded early(early_destroyed);  // before goro starts

// Constructed after goro has started, so destroyed before anything that was registered at its start.
void construct_late() { static const guarded late(late_destroyed); }

void touch() {
  turns.fetch_add(1, std::memory_order_relaxed);
  if (early_destroyed || late_destroyed) {
    static constexpr char text[] = "a goroutine ran after static destructors\n";
    [[maybe_unused]] const auto written = write(2, text, sizeof(text) - 1);
    _exit(touched_status);
  }
}

goro::mutex& contended() {
  static goro::mutex m;  // trivially destructible: in use until the end
  return m;
}

[[noreturn]] void runs() {
  for (;;) {
    touch();
    goro::checkpoint();
  }
}
[[noreturn]] void yields() {
  for (;;) {
    touch();
    goro::yield();
  }
}
[[noreturn]] void sleeps() {
  for (;;) {
    touch();
    goro::sleep(30us);
  }
}
void spawns() {
  touch();
  goro::go([] { touch(); });
  goro::go(spawns);
}
[[noreturn]] void contends() {
  for (;;) {
    const std::lock_guard hold(contended());
    touch();
    goro::yield();
  }
}
[[noreturn]] void blocks() {
  for (;;) {
    touch();
    goro::blocking([] { std::this_thread::sleep_for(20us); });
  }
}
[[noreturn]] void is_locked() {
  goro::lock_os_thread();
  for (;;) {
    touch();
    goro::sleep(20us);
    touch();
    goro::yield();
  }
}
[[noreturn]] void throws() {
  for (;;) {
    try {
      throw std::runtime_error("x");
    } catch (const std::runtime_error&) {
      touch();
      goro::yield();
    }
  }
}

void make_busy() {
  for (int i = 0; i < 3; ++i) {
    goro::go(yields);
    goro::go(sleeps);
    goro::go(contends);
    goro::go(blocks);
    goro::go(throws);
  }
  goro::go(spawns);
  goro::go(is_locked);
  goro::go(is_locked);
  goro::go(runs);
}

void wait_until_busy(int wanted) {
  while (turns < wanted) {
    std::this_thread::yield();
  }
}

// How the process ends, and from where.
int child(std::string_view how, int processors, int wanted) {
  prctl(PR_SET_PDEATHSIG, SIGABRT);  // a child that hangs ends with the parent's watchdog
  goro::gomaxprocs(processors);
  construct_late();
  make_busy();
  if (how == "return_from_main") {
    wait_until_busy(wanted);
    return expected_status;
  }
  if (how == "return_after_run") {
    return goro::run([wanted] {
      while (turns < wanted) {
        goro::yield();
      }
      return expected_status;
    });
  }
  if (how == "exit_in_goroutine") {
    goro::go([wanted] {
      while (turns < wanted) {
        goro::yield();
      }
      std::exit(expected_status);
    });
  } else if (how == "exit_in_blocking") {
    goro::go([wanted] {
      goro::blocking([wanted] {
        wait_until_busy(wanted);
        std::exit(expected_status);
      });
    });
  } else if (how == "exit_in_locked") {
    goro::go([wanted] {
      goro::lock_os_thread();
      while (turns < wanted) {
        goro::sleep(20us);
      }
      std::exit(expected_status);
    });
  } else if (how == "exit_in_thread") {
    std::thread([wanted] {
      goro::go([] {});
      wait_until_busy(wanted);
      std::exit(expected_status);
    }).detach();
  } else if (how == "quick_exit") {
    goro::go([wanted] {
      while (turns < wanted) {
        goro::yield();
      }
      std::quick_exit(expected_status);
    });
  } else {
    stress::fail("no such way to end");
  }
  for (;;) {
    pause();
  }
}

// ---- The parent. ----------------------------------------------------------------------------------------------------

constexpr std::array ways = {"return_from_main", "return_after_run", "exit_in_goroutine", "exit_in_blocking",
                             "exit_in_locked",   "exit_in_thread",   "quick_exit"};

void run_child(const char* program, const char* how, int processors, int wanted) {
  std::string processors_text = std::to_string(processors);
  std::string wanted_text = std::to_string(wanted);
  std::string child_text = "--child";
  std::string how_text = how;
  std::string program_text = program;
  char* const arguments[] = {program_text.data(),    child_text.data(),  how_text.data(),
                             processors_text.data(), wanted_text.data(), nullptr};
  pid_t pid = 0;
  stress::expect(posix_spawn(&pid, "/proc/self/exe", nullptr, nullptr, arguments, environ) == 0, "posix_spawn");
  int status = 0;
  stress::expect(waitpid(pid, &status, 0) == pid, "waitpid");
  if (!WIFEXITED(status) || WEXITSTATUS(status) != expected_status) {
    stress::fail("exit_while_busy " + how_text + " procs=" + processors_text + " after " + wanted_text + " turns: " +
                 (WIFEXITED(status) ? "status " + std::to_string(WEXITSTATUS(status))
                                    : "signal " + std::to_string(WTERMSIG(status))));
  }
  stress::progress();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 5 && std::string_view{argv[1]} == "--child") {
    return child(argv[2], static_cast<int>(stress::number_from(argv[3])),
                 static_cast<int>(stress::number_from(argv[4])));
  }
  // ThreadSanitizer's second of sleep at each exit would be all the time there is.
  setenv("TSAN_OPTIONS", "atexit_sleep_ms=0", 0);
  const stress::options o = stress::read_options(argc, argv, "exit_while_busy", stress::by_build(5L, 2L, 1L));
  stress::watchdog dog(o);
  for (const int processors : o.processors) {
    const auto started = std::chrono::steady_clock::now();
    const auto elapsed = [started] { return std::chrono::steady_clock::now() - started; };
    stress::dice dice(static_cast<std::uint64_t>(processors));
    long played = 0;
    for (; played < o.rounds && (o.seconds == 0 || elapsed() < std::chrono::seconds(o.seconds)); ++played) {
      for (const char* how : ways) {
        dog.describe(std::string("exit_while_busy ") + how + " procs=" + std::to_string(processors) + " round " +
                     std::to_string(played));
        run_child(argv[0], how, processors, static_cast<int>(dice.below(2000)) + 1);
      }
    }
    std::printf("exit_while_busy procs=%d rounds=%ld ok %.2f s\n", processors, played,
                std::chrono::duration<double>(elapsed()).count());
    std::fflush(stdout);
  }
}
