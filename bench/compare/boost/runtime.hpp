// Boost.Fiber as a runtime with P threads: its own round robin for one, its work stealing for several. malloc may keep what fibers give back:
// with its trimming each burst of stacks costs Boost many times more.
#pragma once

#include <malloc.h>

#include <mutex>
#include <thread>
#include <vector>

#include <boost/fiber/algo/work_stealing.hpp>
#include <boost/fiber/all.hpp>

#include "common/measure.hpp"

namespace compare {

namespace fibers = boost::fibers;

// With stacks of 16 KiB; Boost's default of 128 KiB is one mapping for each fiber.
template <class F>
fibers::fiber start(F f) {
  return fibers::fiber(fibers::launch::post, std::allocator_arg, fibers::fixedsize_stack(16 * 1024), std::move(f));
}

class wait_group {
 public:
  explicit wait_group(std::int64_t count) : count_(count) {}
  void done() {
    const std::lock_guard hold(m_);
    if (--count_ == 0) {
      zero_.notify_all();
    }
  }
  void wait() {
    std::unique_lock hold(m_);
    zero_.wait(hold, [&] { return count_ == 0; });
  }

 private:
  fibers::mutex m_;
  fibers::condition_variable zero_;
  std::int64_t count_;
};

template <class F>
void run_with(int procs, F run) {
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  if (procs == 1) {
    run();
    return;
  }
  wait_group finished(1);
  std::vector<std::thread> threads;
  const auto take_part = [procs] {
    fibers::use_scheduling_algorithm<fibers::algo::work_stealing>(static_cast<std::uint32_t>(procs), true);
  };
  for (int i = 1; i < procs; ++i) {
    threads.emplace_back([&] {
      take_part();
      finished.wait();
    });
  }
  take_part();
  run();
  finished.done();
  for (std::thread& t : threads) {
    t.join();
  }
}

}  // namespace compare
