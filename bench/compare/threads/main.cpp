// std::thread's side of bench/compare: what a program without a runtime would do. The process is kept on as many CPUs as --procs says.
#include <sched.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "common/program.hpp"

namespace {

using compare::figures;
using compare::measure;
using compare::request;
using compare::require;

// Runs f in `count` threads and waits for them.
template <class F>
void in_threads(std::int64_t count, F f) {
  std::vector<std::thread> threads;
  for (std::int64_t i = 0; i < count; ++i) {
    threads.emplace_back(f);
  }
  for (std::thread& t : threads) {
    t.join();
  }
}

figures spawn_batch(const request& r) {
  return measure(r, r.size, [&](std::int64_t rounds) {
    for (std::int64_t k = 0; k < rounds; ++k) {
      in_threads(r.size, [] {});
    }
  });
}

figures yield(const request& r) {
  return measure(r, r.size, [&](std::int64_t rounds) {
    in_threads(r.size, [rounds] {
      for (std::int64_t k = 0; k < rounds; ++k) {
        std::this_thread::yield();
      }
    });
  });
}

// A bounded queue of a mutex and two condition variables.
class queue {
 public:
  explicit queue(std::size_t capacity) : capacity_(capacity) {}

  void send(std::int64_t v) {
    std::unique_lock hold(m_);
    not_full_.wait(hold, [&] { return count_ < capacity_; });
    items_[(first_ + count_) % capacity_] = v;
    ++count_;
    not_empty_.notify_one();
  }
  std::int64_t recv() {
    std::unique_lock hold(m_);
    not_empty_.wait(hold, [&] { return count_ > 0; });
    const std::int64_t v = items_[first_];
    first_ = (first_ + 1) % capacity_;
    --count_;
    not_full_.notify_one();
    return v;
  }

 private:
  std::mutex m_;
  std::condition_variable not_full_;
  std::condition_variable not_empty_;
  std::size_t capacity_;
  std::size_t first_ = 0;
  std::size_t count_ = 0;
  std::vector<std::int64_t> items_ = std::vector<std::int64_t>(capacity_);
};

figures ping_pong(const request& r) {
  return measure(r, 1, [](std::int64_t rounds) {
    queue ping(1);
    queue pong(1);
    std::thread other([&] {
      for (std::int64_t i = 0; i < rounds; ++i) {
        pong.send(ping.recv());
      }
    });
    for (std::int64_t i = 0; i < rounds; ++i) {
      ping.send(i);
      require(pong.recv() == i, "ping-pong");
    }
    other.join();
  });
}

figures buffered(const request& r) {
  return measure(r, r.size, [&](std::int64_t rounds) {
    queue q(128);
    std::atomic<std::int64_t> sum{0};
    std::thread producers([&] {
      in_threads(r.size, [&] {
        for (std::int64_t i = 0; i < rounds; ++i) {
          q.send(i);
        }
      });
    });
    in_threads(r.size, [&] {
      std::int64_t part = 0;
      for (std::int64_t i = 0; i < rounds; ++i) {
        part += q.recv();
      }
      sum += part;
    });
    producers.join();
    require(sum == r.size * (rounds * (rounds - 1) / 2), "buffered");
  });
}

figures channel_alone(const request& r) {
  return measure(r, 1, [](std::int64_t rounds) {
    queue q(4);
    std::int64_t sum = 0;
    for (std::int64_t i = 0; i < rounds; ++i) {
      q.send(i);
      sum += q.recv();
    }
    require(sum == rounds * (rounds - 1) / 2, "channel-alone");
  });
}

figures mutex(const request& r) {  // one thread, or r.size of them
  return measure(r, r.size, [&](std::int64_t rounds) {
    std::mutex m;
    volatile std::int64_t shared = 0;
    const auto life = [&] {
      for (std::int64_t k = 0; k < rounds; ++k) {
        const std::lock_guard hold(m);
        shared = shared + 1;
      }
    };
    r.size == 1 ? life() : in_threads(r.size, life);
    require(shared == rounds * r.size, "mutex");
  });
}

figures beside_loop(const request&) {
  std::vector<double> waits;
  const double cpu = compare::cpu_ns();
  for (int k = 0; k < 11; ++k) {
    std::atomic<bool> ran{false};
    const double start = compare::now_ns();
    double wait = 0;
    std::thread other([&] {
      wait = compare::now_ns() - start;
      ran.store(true, std::memory_order_relaxed);
    });
    while (!ran.load(std::memory_order_relaxed)) {
    }
    other.join();
    waits.push_back(wait);
  }
  std::nth_element(waits.begin(), waits.begin() + 5, waits.end());
  return {waits[5], (compare::cpu_ns() - cpu) / 11, {}};
}

constexpr compare::workload workloads[] = {
    {"spawn-batch", 1000, spawn_batch},
    {"spawn-join", 1, spawn_batch},
    {"yield", 2, yield},
    {"ping-pong", 1, ping_pong},
    {"buffered", 1, buffered},
    {"channel-alone", 1, channel_alone},
    {"mutex", 1, mutex},
    {"mutex-contended", 8, mutex},
    {"beside-loop", 1, beside_loop},
};

void keep_on_cpus(int count) {
  cpu_set_t allowed;
  cpu_set_t some;
  CPU_ZERO(&some);
  sched_getaffinity(0, sizeof allowed, &allowed);
  for (int cpu = 0; cpu < CPU_SETSIZE && CPU_COUNT(&some) < count; ++cpu) {
    if (CPU_ISSET(cpu, &allowed)) {
      CPU_SET(cpu, &some);
    }
  }
  sched_setaffinity(0, sizeof some, &some);
}

}  // namespace

int main(int argc, char** argv) {
  return compare::program("threads", workloads, argc, argv, [](const request& r, auto run) {
    keep_on_cpus(r.procs);
    std::thread(run).join();  // the first thread makes std::mutex count threads, as in every program that has some
  });
}
