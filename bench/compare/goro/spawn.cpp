// Starting goroutines: many, one by one, as calls, as a tree; and keeping many that wait.
#include <goro/goro.hpp>

#include "workloads.hpp"

namespace compare {

figures spawn_batch(const request& r) {
  return measure(r, r.size, [&](std::int64_t rounds) {
    for (std::int64_t k = 0; k < rounds; ++k) {
      goro::wait_group done;
      done.add(r.size);
      for (std::int64_t i = 0; i < r.size; ++i) {
        goro::go([&done] { done.done(); });
      }
      done.wait();
    }
  });
}

figures spawn_join(const request& r) {
  return measure(r, 1, [](std::int64_t rounds) {
    for (std::int64_t k = 0; k < rounds; ++k) {
      goro::wait_group done;
      done.go([] {});
      done.wait();
    }
  });
}

namespace {

std::int64_t fib_of(std::int64_t n) {
  if (n < 2) {
    return n;
  }
  std::int64_t left = 0;
  goro::wait_group done;
  done.go([&left, n] { left = fib_of(n - 1); });
  const std::int64_t right = fib_of(n - 2);
  done.wait();
  return left + right;
}

std::int64_t plain_fib(std::int64_t n) { return n < 2 ? n : plain_fib(n - 1) + plain_fib(n - 2); }

void skynet_node(const goro::chan<std::int64_t>& parent, std::int64_t number, std::int64_t leaves) {
  if (leaves == 1) {
    parent.send(number);
    return;
  }
  const auto children = goro::make_chan<std::int64_t>();
  for (std::int64_t i = 0; i < 10; ++i) {
    goro::go([=] { skynet_node(children, number + i * (leaves / 10), leaves / 10); });
  }
  std::int64_t sum = 0;
  for (int i = 0; i < 10; ++i) {
    sum += *children.recv();
  }
  parent.send(sum);
}

}  // namespace

figures fib(const request& r) {
  return measure(r, 1, [&](std::int64_t rounds) {
    for (std::int64_t k = 0; k < rounds; ++k) {
      require(fib_of(r.size) == plain_fib(r.size), "fib");
    }
  });
}

figures skynet(const request& r) {
  return measure(r, 1, [&](std::int64_t rounds) {
    for (std::int64_t k = 0; k < rounds; ++k) {
      const auto result = goro::make_chan<std::int64_t>();
      goro::go([=, size = r.size] { skynet_node(result, 0, size); });
      require(*result.recv() == r.size * (r.size - 1) / 2, "skynet");
    }
  });
}

figures parked(const request& r) {
  figures f;
  const auto count = static_cast<double>(r.size);
  const double before = resident_bytes();
  double start = now_ns();
  const double cpu = cpu_ns();
  const auto gate = goro::make_chan<void>();
  goro::wait_group arrived;
  goro::wait_group done;
  arrived.add(r.size);
  done.add(r.size);
  for (std::int64_t i = 0; i < r.size; ++i) {
    goro::go([&, gate] {
      arrived.done();
      gate.recv();
      done.done();
    });
  }
  arrived.wait();
  f.ns_per_op = (now_ns() - start) / count;
  f.cpu_ns_per_op = (cpu_ns() - cpu) / count;
  f.more.emplace_back("bytes_each", (resident_bytes() - before) / count);
  start = now_ns();
  const double cpu_before = cpu_ns();
  gate.close();
  done.wait();
  f.more.emplace_back("wake_ns_per_op", (now_ns() - start) / count);
  f.more.emplace_back("wake_cpu_ns_per_op", (cpu_ns() - cpu_before) / count);
  start = now_ns();
  while ((resident_bytes() - before) / count > 100 && now_ns() - start < 5e9) {
    goro::sleep(std::chrono::milliseconds(50));
  }
  f.more.emplace_back("bytes_after", (resident_bytes() - before) / count);
  return f;
}

}  // namespace compare
