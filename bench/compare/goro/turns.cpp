// Taking turns: yield, and a mutex alone and fought for.
#include <mutex>

#include <goro/goro.hpp>

#include "workloads.hpp"

namespace compare {

figures yield(const request& r) {  // r.size goroutines that do nothing else
  return measure(r, r.size * turns_in_a_round, [&](std::int64_t rounds) {
    goro::wait_group done;
    for (std::int64_t i = 0; i < r.size; ++i) {
      done.go([turns = rounds * turns_in_a_round] {
        for (std::int64_t k = 0; k < turns; ++k) {
          goro::yield();
        }
      });
    }
    done.wait();
  });
}

figures mutex(const request& r) {
  return measure(r, 1, [](std::int64_t rounds) {
    goro::mutex m;
    volatile std::int64_t shared = 0;
    for (std::int64_t k = 0; k < rounds; ++k) {
      const std::lock_guard hold(m);
      shared = shared + 1;
    }
    require(shared == rounds, "mutex");
  });
}

figures mutex_contended(const request& r) {  // r.size goroutines
  return measure(r, r.size, [&](std::int64_t rounds) {
    goro::mutex m;
    volatile std::int64_t shared = 0;
    goro::wait_group done;
    for (std::int64_t i = 0; i < r.size; ++i) {
      done.go([&] {
        for (std::int64_t k = 0; k < rounds; ++k) {
          const std::lock_guard hold(m);
          shared = shared + 1;
        }
      });
    }
    done.wait();
    require(shared == rounds * r.size, "mutex-contended");
  });
}

}  // namespace compare
