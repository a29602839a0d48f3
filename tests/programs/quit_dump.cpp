// SIGQUIT: what everybody does, and the end.
#include <goro/goro.hpp>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <string_view>

#include <unistd.h>

int main(int, char** argv) {
  const std::string_view how = argv[1];
  goro::run([how] {
    const int count = how == "many" ? 200 : 2;
    const goro::chan<int> c = goro::make_chan<int>();
    for (int i = 0; i < count; ++i) {
      goro::go([c] { c.recv(); });
    }
    const auto waiting = [] {
      const auto all = goro::debug::goroutines();
      return std::count_if(all.begin(), all.end(), [](const auto& g) { return g.state == "chan receive"; });
    };
    while (waiting() != count) {
      goro::yield();
    }
    if (how == "listened_to") {
      const goro::chan<int> signals = goro::make_chan<int>(1);
      goro::signal::notify(signals, {SIGQUIT});
      ::kill(::getpid(), SIGQUIT);
      return signals.recv() == SIGQUIT ? 0 : 1;
    }
    ::kill(::getpid(), SIGQUIT);
    goro::sleep(std::chrono::hours(1));
    return 1;
  });
}
