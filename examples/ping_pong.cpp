// Ping-pong: a channel without a buffer passes a value from hand to hand; a send ends when the other side has received.
#include <chrono>
#include <cstdio>

#include <goro/goro.hpp>

// Takes the ball off the table, hits it back, until the last hit closes the table; that ends the loop on the other side
// too.
void play(const char* sound, goro::chan<int> table, int hits) {
  for (const int hit : table) {
    if (sound != nullptr) {
      std::printf("%s %d\n", sound, hit);
    }
    if (hit == hits) {
      table.close();
      break;
    }
    table.send(hit + 1);
  }
}

void game(const char* first, const char* second, int hits) {
  const auto table = goro::make_chan<int>();
  goro::wait_group players;
  players.go([=] { play(first, table, hits); });
  table.send(1);  // returns when the first has the ball: nobody else is there yet
  players.go([=] { play(second, table, hits); });
  players.wait();
}

int main() {
  std::puts("watch: ping and pong come in turn, though nothing but the ball orders them");
  game("ping", "pong", 8);

  constexpr int hits = 100'000;
  const auto start = std::chrono::steady_clock::now();
  game(nullptr, nullptr, hits);  // in silence
  const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - start;
  std::printf("%d hits in silence, %.0f ns each\n", hits, took.count() / hits);
}
