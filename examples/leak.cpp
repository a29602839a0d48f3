// The fastest of three answers wins, and the other two wait for ever to hand theirs over: a leak of two goroutines. It is found twice:
// while the program runs, by debug::leaks(), and by the check that a test would use.
#include <goro/goro.hpp>
#include <goro/testing.hpp>

#include <chrono>
#include <cstdio>
#include <string>
#include <string_view>

namespace {

using namespace std::chrono_literals;

int ask_all(std::size_t room_for_answers) {
  const goro::chan<int> answers = goro::make_chan<int>(room_for_answers);
  for (int server = 1; server <= 3; ++server) {
    goro::go({.name = "ask server " + std::to_string(server)}, [answers, server] {
      goro::sleep(server * 10ms);
      answers.send(server);
    });
  }
  return *answers.recv();
}

void check(const char* how, std::size_t room_for_answers) {
  std::printf("%s\n", how);
  const auto print = [](std::string_view report) {
    std::printf("%.*s", static_cast<int>(report.size()), report.data());
  };
  const goro::testing::leak_check no_leaks(print, 100ms);
  std::printf("server %d was first\n", ask_all(room_for_answers));
}

}  // namespace

int main() {
  std::puts("watch: with no room for late answers two goroutines are left behind");
  goro::run([] {
    check("no room for late answers:", 0);
    check("room for all of them:", 3);
    std::printf("%zu goroutines can never go on\n", goro::debug::leaks().size());
  });
}
