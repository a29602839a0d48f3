// Select: one of four is ready, none is, none is and there is a default.
#include <goro/goro.hpp>

#include "workloads.hpp"

namespace compare {

using channel = goro::chan<std::int64_t>;
using goro::recv_case;

figures select_ready(const request& r) {  // the send is part of it
  return measure(r, 1, [](std::int64_t rounds) {
    channel c[4];
    for (channel& one : c) {
      one = goro::make_chan<std::int64_t>(1);
    }
    std::int64_t sum = 0;
    const auto add = [&sum](std::optional<std::int64_t> v) { sum += *v; };
    for (std::int64_t i = 0; i < rounds; ++i) {
      c[i % 4].send(i);
      goro::select(recv_case(c[0], add), recv_case(c[1], add), recv_case(c[2], add), recv_case(c[3], add));
    }
    require(sum == rounds * (rounds - 1) / 2, "select-ready");
  });
}

figures select_blocking(const request& r) {  // a producer sends to four unbuffered channels in turn
  return measure(r, 1, [](std::int64_t rounds) {
    channel c[4];
    for (channel& one : c) {
      one = goro::make_chan<std::int64_t>();
    }
    std::int64_t sum = 0;
    const auto add = [&sum](std::optional<std::int64_t> v) { sum += *v; };
    goro::wait_group done;
    done.go([&] {
      for (std::int64_t i = 0; i < rounds; ++i) {
        goro::select(recv_case(c[0], add), recv_case(c[1], add), recv_case(c[2], add), recv_case(c[3], add));
      }
    });
    for (std::int64_t i = 0; i < rounds; ++i) {
      c[i % 4].send(i);
    }
    done.wait();
    require(sum == rounds * (rounds - 1) / 2, "select-blocking");
  });
}

figures select_default(const request& r) {  // r.size empty channels: one or four
  require(r.size == 1 || r.size == 4, "select-default has one case or four");
  return measure(r, 1, [&](std::int64_t rounds) {
    channel c[4];
    for (channel& one : c) {
      one = goro::make_chan<std::int64_t>(1);
    }
    std::int64_t defaults = 0;
    const auto count = [&defaults] { ++defaults; };
    if (r.size == 1) {
      for (std::int64_t i = 0; i < rounds; ++i) {
        goro::select(recv_case(c[0]), goro::default_case(count));
      }
    } else {
      for (std::int64_t i = 0; i < rounds; ++i) {
        goro::select(recv_case(c[0]), recv_case(c[1]), recv_case(c[2]), recv_case(c[3]), goro::default_case(count));
      }
    }
    require(defaults == rounds, "select-default");
  });
}

}  // namespace compare
