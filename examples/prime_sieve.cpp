// Prime sieve: a chain of goroutines that grows as it runs, one filter for each prime found. A classic of Go, after
// Doug McIlroy and Hoare.
#include <cstdio>

#include <goro/goro.hpp>

// 2, 3, 4, … without end.
void generate(goro::send_chan<int> out) {
  for (int i = 2;; ++i) {
    out.send(i);
  }
}

// Lets everything pass but the multiples of a prime.
void filter(goro::recv_chan<int> in, goro::send_chan<int> out, int prime) {
  for (const int i : in) {
    if (i % prime != 0) {
      out.send(i);
    }
  }
}

int main() {
  std::puts("watch: 200 goroutines pass numbers along; the first number that comes through them all is the next prime");
  goro::chan<int> numbers = goro::make_chan<int>();
  goro::go(generate, numbers);
  for (int n = 1; n <= 200; ++n) {
    int prime = 0;
    numbers.recv(prime);
    std::printf("%d%c", prime, n % 20 == 0 ? '\n' : ' ');
    const auto filtered = goro::make_chan<int>();
    goro::go(filter, numbers, filtered, prime);
    numbers = filtered;
  }
  // The goroutines still wait to send; when main() returns they are gone, as in Go.
}
