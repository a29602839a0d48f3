// Pipeline: stages that run at the same time, each a goroutine that receives from the one before and sends to the next.
#include <cstdio>

#include <goro/goro.hpp>

// Each stage closes its output when its input has ended; so the end runs through the pipeline by itself.
goro::recv_chan<int> numbers(int from, int to) {
  const auto out = goro::make_chan<int>();
  goro::go([=] {
    for (int i = from; i <= to; ++i) {
      out.send(i);
    }
    out.close();
  });
  return out;
}

goro::recv_chan<int> squares(goro::recv_chan<int> in) {
  const auto out = goro::make_chan<int>();
  goro::go([=] {
    for (const int n : in) {
      out.send(n * n);
    }
    out.close();
  });
  return out;
}

goro::recv_chan<int> odd_ones(goro::recv_chan<int> in) {
  const auto out = goro::make_chan<int>();
  goro::go([=] {
    for (const int n : in) {
      if (n % 2 != 0) {
        out.send(n);
      }
    }
    out.close();
  });
  return out;
}

int main() {
  std::puts("watch: a loop over a channel ends when the stage before it has closed its output");
  int sum = 0;
  for (const int n : odd_ones(squares(numbers(1, 10)))) {
    std::printf("%d came through\n", n);
    sum += n;
  }
  std::printf("the sum is %d\n", sum);
}
