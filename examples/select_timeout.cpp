// Select with a timeout: whichever comes first, the answer or the end of patience.
#include <chrono>
#include <cstdio>
#include <optional>
#include <string>

#include <goro/goro.hpp>

using namespace std::chrono_literals;

// Answers after a while. The channel has room for the answer: when nobody waits for it any more, the goroutine still
// ends.
goro::recv_chan<std::string> ask(std::chrono::milliseconds thinking) {
  const auto answer = goro::make_chan<std::string>(1);
  goro::go([=] {
    goro::sleep(thinking);
    answer.send("the answer");
  });
  return answer;
}

void wait_for(const goro::recv_chan<std::string>& answer, std::chrono::milliseconds patience) {
  goro::select(
      goro::recv_case(answer, [](std::optional<std::string> text) { std::printf("Received: %s\n", text->c_str()); }),
      goro::recv_case(goro::after(patience), [] { std::puts("Timeout! Exiting."); }));
}

int main() {
  std::puts("watch: the first answer comes in time, the second does not, and nobody waits for it");
  wait_for(ask(50ms), 1s);

  const auto start = std::chrono::steady_clock::now();
  wait_for(ask(1h), 300ms);
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
  std::printf("waited %.0f ms\n", took.count());
}
