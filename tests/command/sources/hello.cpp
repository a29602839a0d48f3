#include <cstdio>

#include <goro/goro.hpp>

int main(int argc, char** argv) {
  auto ch = goro::make_chan<int>();
  goro::go([=] { ch.send(argc); });
  std::printf("hello %d %s\n", *ch.recv(), argc > 1 ? argv[1] : "-");
}
