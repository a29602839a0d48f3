// Who waits for the network may still be woken; who waits for a channel, in a program that has used the network, may not.
#include <goro/goro.hpp>
#include <goro/net.hpp>

#include <csignal>
#include <string_view>
#include <system_error>

#include <sys/time.h>
#include <unistd.h>

namespace {

// Many times as long as the monitor takes to find a deadlock. No timer of goro's, nor a thread: both would be a reason to be silent.
void end_in_peace_after_300_ms() {
  std::signal(SIGALRM, [](int) { ::_exit(0); });
  const itimerval soon{{0, 0}, {0, 300'000}};
  ::setitimer(ITIMER_REAL, &soon, nullptr);
}

}  // namespace

int main(int, char** argv) {
  const std::string_view how = argv[1];
  if (how == "thread") {
    end_in_peace_after_300_ms();
    goro::net::listen("tcp", "127.0.0.1:0").accept();
  }
  goro::run([how] {
    goro::net::listener l = goro::net::listen("tcp", "127.0.0.1:0");
    const goro::chan<int> c = goro::make_chan<int>();
    if (how == "accept") {
      end_in_peace_after_300_ms();
      goro::go([&l] { l.accept(); });
    } else {
      goro::go([&l] {
        std::error_code closed;
        l.accept(closed);
      });
      goro::yield();
      l.close();
    }
    c.recv();
  });
}
