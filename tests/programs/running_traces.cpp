// What goroutines do that run on other threads when the program comes to its end: one computes, one stands in a system call.
#include <goro/goro.hpp>

#include <atomic>
#include <chrono>
#include <csignal>
#include <fstream>
#include <string>
#include <string_view>

#include <unistd.h>

namespace app {

volatile int computing = 0;
std::atomic<int> reading{0};

[[gnu::always_inline]] inline void step() {
  for (;;) {
    computing = 1;
  }
}

[[gnu::noinline]] void compute() { step(); }

[[gnu::noinline]] void read_from(int pipe) {
  char byte;
  reading = ::gettid();
  ::read(pipe, &byte, 1);
}

bool is_in(int thread, char state) {
  std::ifstream file("/proc/self/task/" + std::to_string(thread) + "/stat");
  std::string text;
  std::getline(file, text);
  return thread != 0 && text.find(std::string(") ") + state) != std::string::npos;
}

[[gnu::noinline]] void end(std::string_view how) {
  if (how == "quit") {
    ::kill(::getpid(), SIGQUIT);
    goro::sleep(std::chrono::hours(1));
  } else if (how == "fatal") {
    goro::mutex m;
    m.unlock();
  }
  *static_cast<volatile int*>(nullptr) = 1;
}

}  // namespace app

int main(int, char** argv) {
  goro::run([how = std::string_view{argv[1]}] {
    int pipe[2];
    if (::pipe(pipe) != 0) {
      return;
    }
    goro::go(app::compute);
    goro::go([from = pipe[0]] { goro::blocking([from] { app::read_from(from); }); });
    while (!app::is_in(app::reading, 'S') || app::computing == 0) {
      goro::yield();
    }
    app::end(how);
  });
}
