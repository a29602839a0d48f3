// Boost.Fiber's side of bench/compare. It has no select and no timer that can be stopped; a fiber that loops keeps its thread.
#include <atomic>
#include <chrono>

#include "common/program.hpp"
#include "runtime.hpp"

namespace compare {

namespace {

using unbuffered = fibers::unbuffered_channel<std::int64_t>;

figures spawn_batch(const request& r) {
  return measure(r, r.size, [&](std::int64_t rounds) {
    for (std::int64_t k = 0; k < rounds; ++k) {
      wait_group done(r.size);
      for (std::int64_t i = 0; i < r.size; ++i) {
        start([&done] { done.done(); }).detach();
      }
      done.wait();
    }
  });
}

figures spawn_join(const request& r) {
  return measure(r, 1, [](std::int64_t rounds) {
    for (std::int64_t k = 0; k < rounds; ++k) {
      start([] {}).join();
    }
  });
}

figures yield(const request& r) {
  return measure(r, r.size * turns_in_a_round, [&](std::int64_t rounds) {
    const std::int64_t turns = rounds * turns_in_a_round;
    std::vector<fibers::fiber> all;
    for (std::int64_t i = 0; i < r.size; ++i) {
      all.push_back(start([turns] {
        for (std::int64_t k = 0; k < turns; ++k) {
          boost::this_fiber::yield();
        }
      }));
    }
    for (fibers::fiber& one : all) {
      one.join();
    }
  });
}

figures ping_pong(const request& r) {
  return measure(r, r.size * turns_in_a_round, [&](std::int64_t rounds) {
    const std::int64_t turns = rounds * turns_in_a_round;
    wait_group done(2 * r.size);
    for (std::int64_t pair = 0; pair < r.size; ++pair) {
      const auto ping = std::make_shared<unbuffered>();
      const auto pong = std::make_shared<unbuffered>();
      start([&done, ping, pong, turns] {
        for (std::int64_t i = 0; i < turns; ++i) {
          pong->push(ping->value_pop());
        }
        done.done();
      }).detach();
      start([&done, ping, pong, turns] {
        for (std::int64_t i = 0; i < turns; ++i) {
          ping->push(i);
          require(pong->value_pop() == i, "ping-pong");
        }
        done.done();
      }).detach();
    }
    done.wait();
  });
}

figures buffered(const request& r) {
  return measure(r, r.size, [&](std::int64_t rounds) {
    fibers::buffered_channel<std::int64_t> channel(128);
    std::atomic<std::int64_t> sum{0};
    wait_group producers(r.size);
    wait_group consumers(r.size);
    for (std::int64_t party = 0; party < r.size; ++party) {
      start([&] {
        std::int64_t part = 0;
        for (const std::int64_t v : channel) {
          part += v;
        }
        sum += part;
        consumers.done();
      }).detach();
      start([&, rounds] {
        for (std::int64_t i = 0; i < rounds; ++i) {
          channel.push(i);
        }
        producers.done();
      }).detach();
    }
    producers.wait();
    channel.close();
    consumers.wait();
    require(sum == r.size * (rounds * (rounds - 1) / 2), "buffered");
  });
}

figures channel_alone(const request& r) {
  return measure(r, 1, [](std::int64_t rounds) {
    fibers::buffered_channel<std::int64_t> channel(4);
    std::int64_t sum = 0;
    for (std::int64_t i = 0; i < rounds; ++i) {
      channel.push(i);
      sum += channel.value_pop();
    }
    require(sum == rounds * (rounds - 1) / 2, "channel-alone");
  });
}

figures mutex(const request& r) {  // one fiber, or r.size of them
  return measure(r, r.size, [&](std::int64_t rounds) {
    fibers::mutex m;
    volatile std::int64_t shared = 0;
    wait_group done(r.size);
    for (std::int64_t i = 0; i < r.size; ++i) {
      start([&, rounds] {
        for (std::int64_t k = 0; k < rounds; ++k) {
          const std::lock_guard hold(m);
          shared = shared + 1;
        }
        done.done();
      }).detach();
    }
    done.wait();
    require(shared == rounds * r.size, "mutex");
  });
}

void skynet_node(unbuffered& parent, std::int64_t number, std::int64_t leaves) {
  if (leaves == 1) {
    parent.push(number);
    return;
  }
  const auto children = std::make_shared<unbuffered>();
  for (std::int64_t i = 0; i < 10; ++i) {
    start([=] { skynet_node(*children, number + i * (leaves / 10), leaves / 10); }).detach();
  }
  std::int64_t sum = 0;
  for (int i = 0; i < 10; ++i) {
    sum += children->value_pop();
  }
  parent.push(sum);
}

figures skynet(const request& r) {
  return measure(r, 1, [&](std::int64_t rounds) {
    for (std::int64_t k = 0; k < rounds; ++k) {
      const auto result = std::make_shared<unbuffered>();
      start([=, size = r.size] { skynet_node(*result, 0, size); }).detach();
      require(result->value_pop() == r.size * (r.size - 1) / 2, "skynet");
    }
  });
}

figures sleeps(const request& r) {
  return measure(r, 1, [&](std::int64_t rounds) {
    for (std::int64_t k = 0; k < rounds; ++k) {
      wait_group done(r.size);
      for (std::int64_t i = 0; i < r.size; ++i) {
        start([&done] {
          for (int n = 0; n < 10; ++n) {
            boost::this_fiber::sleep_for(std::chrono::milliseconds(10));
          }
          done.done();
        }).detach();
      }
      done.wait();
    }
  });
}

constexpr workload workloads[] = {
    {"spawn-batch", 1000, spawn_batch},
    {"spawn-join", 1, spawn_join},
    {"yield", 2, yield},
    {"ping-pong", 1, ping_pong},
    {"buffered", 1, buffered},
    {"channel-alone", 1, channel_alone},
    {"mutex", 1, mutex},
    {"mutex-contended", 8, mutex},
    {"skynet", 1'000'000, skynet},
    {"sleeps", 100'000, sleeps},
};

}  // namespace

}  // namespace compare

int main(int argc, char** argv) {
  return compare::program("boost", compare::workloads, argc, argv,
                          [](const compare::request& r, auto run) { compare::run_with(r.procs, run); });
}
