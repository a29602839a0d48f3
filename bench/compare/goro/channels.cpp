// Values from goroutine to goroutine.
#include <goro/goro.hpp>

#include "workloads.hpp"

namespace compare {

figures ping_pong(const request& r) {  // r.size pairs
  return measure(r, r.size * turns_in_a_round, [&](std::int64_t rounds) {
    const std::int64_t turns = rounds * turns_in_a_round;
    goro::wait_group done;
    for (std::int64_t pair = 0; pair < r.size; ++pair) {
      const auto ping = goro::make_chan<std::int64_t>();
      const auto pong = goro::make_chan<std::int64_t>();
      done.go([=] {
        for (std::int64_t i = 0; i < turns; ++i) {
          pong.send(*ping.recv());
        }
      });
      done.go([=] {
        for (std::int64_t i = 0; i < turns; ++i) {
          ping.send(i);
          require(*pong.recv() == i, "ping-pong");
        }
      });
    }
    done.wait();
  });
}

figures buffered(const request& r) {  // r.size producers, as many consumers, a buffer of 128
  return measure(r, r.size, [&](std::int64_t rounds) {
    const auto ch = goro::make_chan<std::int64_t>(128);
    const auto sums = goro::make_chan<std::int64_t>(static_cast<std::size_t>(r.size));
    goro::wait_group producers;
    for (std::int64_t party = 0; party < r.size; ++party) {
      goro::go([=] {
        std::int64_t sum = 0;
        for (const std::int64_t v : ch) {
          sum += v;
        }
        sums.send(sum);
      });
      producers.go([=] {
        for (std::int64_t i = 0; i < rounds; ++i) {
          ch.send(i);
        }
      });
    }
    producers.wait();
    ch.close();
    std::int64_t sum = 0;
    for (std::int64_t party = 0; party < r.size; ++party) {
      sum += *sums.recv();
    }
    require(sum == r.size * (rounds * (rounds - 1) / 2), "buffered");
  });
}

figures channel_alone(const request& r) {
  return measure(r, 1, [](std::int64_t rounds) {
    const auto ch = goro::make_chan<std::int64_t>(4);
    std::int64_t sum = 0;
    for (std::int64_t i = 0; i < rounds; ++i) {
      ch.send(i);
      sum += *ch.recv();
    }
    require(sum == rounds * (rounds - 1) / 2, "channel-alone");
  });
}

}  // namespace compare
