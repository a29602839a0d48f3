#include "harass.hpp"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "goro/go.hpp"
#include "stress.hpp"

namespace soak {
namespace {

void pause_for(long nanoseconds) {
  const timespec time{0, nanoseconds};
  nanosleep(&time, nullptr);
}

struct way {
  std::string_view name;
  void (*once)(pid_t child);  // again and again
};

constexpr way ways[] = {
    {"stops",
     [](pid_t child) {
       kill(child, SIGSTOP);
       pause_for(18'000'000);
       kill(child, SIGCONT);
       pause_for(2'000'000);
     }},
    {"signals",
     [](pid_t child) {
       kill(child, SIGUSR1);
       pause_for(100'000);
     }},
};

[[noreturn]] void become(int argc, char** argv, pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);  // a child that is stopped would stay so for ever
  if (getppid() != parent) {
    _exit(127);
  }
  std::vector<char*> arguments;
  for (int i = 0; i < argc; ++i) {
    if (std::string_view(argv[i]) == "--under" && i + 1 < argc) {
      ++i;
    } else {
      arguments.push_back(argv[i]);
    }
  }
  setenv("SOAK_CATCHES", "1", 1);
  arguments.push_back(nullptr);
  execv("/proc/self/exe", arguments.data());
  _exit(127);
}

}  // namespace

int run_harassed(int argc, char** argv, std::string_view how) {
  for (const way& w : ways) {
    if (w.name != how) {
      continue;
    }
    signal(SIGUSR1, SIG_IGN);  // which the child inherits, until it has its handler
    const pid_t parent = getpid();
    const pid_t child = fork();
    if (child == 0) {
      become(argc, argv, parent);
    }
    if (child < 0) {
      stress::fail(std::string("fork: ") + std::strerror(errno));
    }
    int status = 0;
    long times = 0;
    pid_t ended = 0;
    for (; (ended = waitpid(child, &status, WNOHANG)) == 0; ++times) {
      w.once(child);
    }
    if (ended != child) {
      stress::fail(std::string("waitpid: ") + std::strerror(errno));
    }
    if (!WIFEXITED(status)) {
      stress::fail("killed by signal " + std::to_string(WTERMSIG(status)));
    }
    std::printf("soak under %ld %s ended with status %d\n", times, w.name.data(), WEXITSTATUS(status));
    return WEXITSTATUS(status);
  }
  return -1;
}

void catch_interruptions() {
  if (getenv("SOAK_CATCHES") == nullptr) {
    return;
  }
  struct sigaction action;
  std::memset(&action, 0, sizeof action);
  action.sa_handler = [](int) {};
  sigaction(SIGUSR1, &action, nullptr);
  goro::gomaxprocs();  // from here on goro has the mask that its workers shall have
  sigset_t caught;
  sigemptyset(&caught);
  sigaddset(&caught, SIGUSR1);
  pthread_sigmask(SIG_BLOCK, &caught, nullptr);  // this thread, which only waits, would take them all
}

}  // namespace soak
