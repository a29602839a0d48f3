#include <goro/goro.hpp>
int main() {
  auto ch = goro::make_chan<int>(1);
  ch.send(1);
  return ch.recv() == 1 ? 0 : 1;
}
