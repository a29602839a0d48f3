// Goroutines that keep their processor without calling goro: loops, and calls that block the thread and that blocking()
// does not enclose. After runtime/proc_test.go (TestAsyncPreempt, TestPreemptionAfterSyscall) and
// test/fixedbugs/issue19182.go.
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

#include "goro/chan.hpp"
#include "goro/local.hpp"
#include "goro/mutex.hpp"
#include "goro/semaphore.hpp"
#include "goro/wait_group.hpp"
#include "support.hpp"

namespace {

using namespace std::chrono_literals;
using support::in_goroutine;
using support::processors;

// A loop that the compiler keeps, and that calls nothing.
void compute_until(const std::atomic<bool>& stop) {
  while (!stop.load(std::memory_order_relaxed)) {
  }
}

// Computes for so long that the monitor takes the processor away when somebody else waits for it.
void compute_for(std::chrono::nanoseconds time) {
  const auto end = std::chrono::steady_clock::now() + time;
  while (std::chrono::steady_clock::now() < end) {
  }
}

struct pipe_ends {
  int read_end;
  int write_end;
  pipe_ends() {
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0) {
      throw std::runtime_error("pipe");
    }
    read_end = ends[0];
    write_end = ends[1];
  }
  pipe_ends(const pipe_ends&) = delete;
  pipe_ends& operator=(const pipe_ends&) = delete;
  ~pipe_ends() {
    ::close(read_end);
    ::close(write_end);
  }
};

TEST(sched_preempt, TestAsyncPreempt) {
  in_goroutine([] {
    for (const int loops : {1, 4}) {
      const processors one(1);
      std::atomic<bool> stop{false};
      goro::wait_group ended;
      for (int i = 0; i < loops; ++i) {
        ended.go([&] { compute_until(stop); });
      }
      for (int i = 0; i < 20; ++i) {
        goro::sleep(1ms);
      }
      stop = true;
      ended.wait();
    }
  });
}

// The main goroutine itself never comes by; what it started runs.
TEST(sched_preempt, issue19182) {
  in_goroutine([] {
    const processors one(1);
    std::atomic<long> steps{0};
    std::atomic<bool> stop{false};
    goro::wait_group ended;
    ended.go([&] {
      while (!stop) {
        ++steps;
        goro::yield();
      }
    });
    while (steps.load(std::memory_order_relaxed) < 100) {
    }
    stop = true;
    ended.wait();
  });
}

// Each kind of thing that a goroutine can do next after its processor is gone.
TEST(sched_preempt, WhoLostItsProcessorCanDoEverything) {
  in_goroutine([] {
    const processors one(1);
    std::atomic<bool> stop{false};
    goro::wait_group others;
    others.go([&] {  // always somebody who wants the processor
      while (!stop) {
        goro::yield();
      }
    });
    goro::mutex m;
    goro::semaphore units(1);
    units.acquire();
    auto channel = goro::make_chan<int>();
    auto buffered = goro::make_chan<int>(1);
    int done = 0;
    const auto after_computing = [&](auto what) {
      compute_for(15ms);
      what();
      ++done;
    };
    goro::wait_group helpers;
    helpers.go([&] { EXPECT_EQ(channel.recv(), 1); });
    helpers.go([&] { units.release(); });
    after_computing([&] { channel.send(1); });
    after_computing([&] { buffered.send(2); });
    after_computing([&] { EXPECT_EQ(buffered.recv(), 2); });
    after_computing([&] { units.acquire(); });
    after_computing([] { goro::yield(); });
    after_computing([] { goro::checkpoint(); });
    after_computing([] { goro::sleep(1ms); });
    after_computing([&] { helpers.go([] {}); });
    after_computing([] { goro::blocking([] { std::this_thread::sleep_for(1ms); }); });
    after_computing([] { goro::lock_os_thread(); });
    after_computing([] { goro::yield(); });
    after_computing([] { goro::unlock_os_thread(); });
    after_computing([&] { const std::lock_guard hold(m); });
    after_computing([&] { EXPECT_EQ(goro::gomaxprocs(2), 1); });
    after_computing([&] { EXPECT_EQ(goro::gomaxprocs(1), 2); });
    after_computing([&] { EXPECT_THROW(throw std::runtime_error("x"), std::runtime_error); });
    after_computing([&] { EXPECT_GE(goro::num_goroutine(), 2U); });
    helpers.go([] { compute_for(15ms); });  // ends without a processor
    helpers.go([] {
      compute_for(15ms);
      goro::goexit();
    });
    helpers.wait();
    stop = true;
    others.wait();
    EXPECT_EQ(done, 17);
  });
}

TEST(sched_preempt, BlockedReadsDoNotKeepTheProcessor) {
  in_goroutine([] {
    const processors one(1);
    const pipe_ends ends;
    constexpr int readers = 16;
    std::atomic<int> read{0};
    goro::wait_group ended;
    for (int i = 0; i < readers; ++i) {
      ended.go([&] {
        char byte = 0;
        EXPECT_EQ(::read(ends.read_end, &byte, 1), 1) << errno;  // no EINTR either
        ++read;
      });
    }
    for (int i = 0; i < 20; ++i) {
      goro::sleep(1ms);
    }
    EXPECT_EQ(read, 0);
    const std::array<char, readers> bytes{};
    EXPECT_EQ(::write(ends.write_end, bytes.data(), bytes.size()), readers);
    ended.wait();
    EXPECT_EQ(read, readers);
  });
}

// The holder of a std::mutex sleeps in goro while another goroutine waits for it in the kernel, with the only
// processor.
TEST(sched_preempt, AStandardMutexMayWaitForAGoroutine) {
  in_goroutine([] {
    const processors one(1);
    for (int round = 0; round < 5; ++round) {
      std::mutex m;
      goro::wait_group ended;
      std::atomic<bool> held{false};
      ended.go([&] {
        goro::lock_os_thread();  // a std::mutex is to be unlocked by the thread that locked it
        m.lock();
        held = true;
        goro::sleep(2ms);
        m.unlock();
        goro::unlock_os_thread();
      });
      ended.go([&] {
        while (!held) {
          goro::yield();
        }
        const std::lock_guard hold(m);
      });
      ended.wait();
    }
  });
}

// What the goroutine had before is there after: its identity, its local values, its thread when it is locked to one.
TEST(sched_preempt, ALockedGoroutineStaysOnItsThread) {
  in_goroutine([] {
    const processors one(1);
    std::atomic<bool> stop{false};
    goro::wait_group ended;
    ended.go([&] {
      while (!stop) {
        goro::yield();
      }
    });
    ended.go([&] {
      goro::lock_os_thread();
      const auto thread = std::this_thread::get_id();
      const auto id = goro::goroutine_id();
      for (int i = 0; i < 5; ++i) {
        compute_for(15ms);
        goro::yield();
        EXPECT_EQ(std::this_thread::get_id(), thread);
        EXPECT_EQ(goro::goroutine_id(), id);
      }
      goro::unlock_os_thread();
      stop = true;
    });
    ended.wait();
  });
}

// gomaxprocs shrinks though the processors that go are held by goroutines that never come by.
TEST(sched_preempt, ProcessorsAreTakenAwayFromLoops) {
  in_goroutine([] {
    const processors four(4);
    std::atomic<bool> stop{false};
    goro::wait_group ended;
    for (int i = 0; i < 3; ++i) {
      ended.go([&] { compute_until(stop); });
    }
    goro::sleep(2ms);
    for (const int n : {1, 3, 2, 1}) {
      goro::gomaxprocs(n);
      goro::sleep(15ms);
    }
    stop = true;
    ended.wait();
  });
}

}  // namespace
