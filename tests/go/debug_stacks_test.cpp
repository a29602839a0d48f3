// All goroutines, seen from inside: debug::stacks() and debug::goroutines(). Twins of Go's runtime tests of Stack(buf,
// true).
#include <gtest/gtest.h>

#include <poll.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <fstream>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "goro/goro.hpp"

namespace {

using namespace std::chrono_literals;

std::size_t count(std::string_view text, std::string_view part) {
  std::size_t n = 0;
  for (std::size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1)) {
    ++n;
  }
  return n;
}

std::optional<goro::debug::goroutine_info> find(std::string_view name) {
  for (auto& info : goro::debug::goroutines()) {
    if (info.name == name) {
      return info;
    }
  }
  return std::nullopt;
}

void wait_until(std::string_view name, std::string_view state) {
  for (;;) {
    const auto info = find(name);
    if (info && info->state == state) {
      return;
    }
    goro::yield();
  }
}

// The paragraph of the trace of the goroutine called `name`.
std::string trace_of(std::string_view name, const std::string& all) {
  const std::size_t at = all.find("\"" + std::string(name) + "\"");
  if (at == std::string::npos) {
    return {};
  }
  const std::size_t begin = all.rfind("goroutine ", at);
  const std::size_t end = all.find("\n\n", at);
  return all.substr(begin, end == std::string::npos ? end : end + 1 - begin);
}

// A function of a known name between the goroutine's start and its wait.
[[gnu::noinline]] void wait_in_here(const goro::chan<int>& c) {
  c.recv();
  asm volatile("" : : : "memory");
}

TEST(DebugStacks, ShowsEveryWaitInGosWords) {
  goro::run([] {
    goro::chan<int> in = goro::make_chan<int>();
    goro::chan<int> out = goro::make_chan<int>();
    goro::chan<int> other = goro::make_chan<int>();
    goro::mutex locked;
    goro::shared_mutex shared;
    goro::wait_group open;
    goro::semaphore none(1);
    goro::mutex cond_mutex;
    goro::condition_variable cond;
    bool go_on = false;
    goro::wait_group all;
    locked.lock();
    shared.lock();
    open.add();
    none.acquire();
    const auto start = [&all](const char* name, auto f) {
      all.add();
      goro::go({.name = name}, [&all, f] {
        f();
        all.done();
      });
    };
    start("receiver", [&] { wait_in_here(in); });
    start("sender", [&] { out.send(1); });
    start("selector", [&] { goro::select(goro::recv_case(in), goro::recv_case(other)); });
    start("locker", [&] { locked.lock(), locked.unlock(); });
    start("writer", [&] { shared.lock(), shared.unlock(); });
    start("reader", [&] { shared.lock_shared(), shared.unlock_shared(); });
    start("waiter", [&] { open.wait(); });
    start("acquirer", [&] { none.acquire(), none.release(); });
    start("conditional", [&] {
      std::unique_lock hold(cond_mutex);
      cond.wait(hold, [&] { return go_on; });
    });
    start("sleeper", [&] {
      goro::select(goro::recv_case(goro::after(1h)), goro::recv_case(other));
      goro::sleep(1ms);
    });
    const std::pair<const char*, const char*> wanted[] = {
        {"receiver", "chan receive"},
        {"sender", "chan send"},
        {"selector", "select"},
        {"locker", "sync.Mutex.Lock"},
        {"writer", "sync.RWMutex.Lock"},
        {"reader", "sync.RWMutex.RLock"},
        {"waiter", "sync.WaitGroup.Wait"},
        {"acquirer", "semacquire"},
        {"conditional", "sync.Cond.Wait"},
        {"sleeper", "select"},
    };
    for (const auto& [name, state] : wanted) {
      wait_until(name, state);
    }
    const std::string text = goro::debug::stacks();
    const std::string self = std::to_string(goro::goroutine_id());
    EXPECT_TRUE(text.starts_with("goroutine " + self + " [running]:\n")) << text;
    for (const auto& [name, state] : wanted) {
      EXPECT_EQ(count(text, std::string{"\""} + name + "\" [" + state + "]:\n"), 1u) << name << "\n" << text;
    }
    const std::string receiver = trace_of("receiver", text);
    EXPECT_EQ(count(receiver, "wait_in_here(...)\n\t"), 1u) << receiver;
    EXPECT_EQ(count(receiver, "created by "), 1u) << receiver;
    EXPECT_EQ(count(receiver, " in goroutine " + self + "\n"), 1u) << receiver;
    EXPECT_EQ(count(receiver, "goro::sched"), 0u) << receiver;
    in.send(1);
    in.send(1);
    out.recv();
    locked.unlock();
    shared.unlock();
    open.done();
    none.release();
    {
      const std::lock_guard hold(cond_mutex);
      go_on = true;
    }
    cond.notify_all();
    other.close();
    all.wait();
  });
}

TEST(DebugStacks, TellsHowLongAndWhoStartedIt) {
  goro::run([] {
    goro::chan<void> c = goro::make_chan<void>();
    goro::go({.name = "old"}, [c] { c.recv(); });
    wait_until("old", "chan receive");
    const auto begin = std::chrono::steady_clock::now();
    std::optional<goro::debug::goroutine_info> info;
    do {
      goro::sleep(5ms);
      info = find("old");
    } while (info->waited < 40ms);
    EXPECT_LE(info->waited, std::chrono::steady_clock::now() - begin + 5s);
    EXPECT_TRUE(info->waiting);
    EXPECT_EQ(info->creator_id, goro::goroutine_id());
    EXPECT_NE(info->created_by, "");
    EXPECT_FALSE(info->locked_to_thread);
    c.close();
  });
}

TEST(DebugStacks, FindsThoseThatHaveNotBegunAndThoseLocked) {
  goro::run([] {
    const int before = goro::gomaxprocs(1);
    // Other processors give up only when they come by; until then they may take what is queued here.
    const auto fresh_ones = [] {
      const auto all = goro::debug::goroutines();
      return std::count_if(all.begin(), all.end(),
                           [](const auto& g) { return g.name == "fresh" && g.state == "runnable"; });
    };
    do {
      goro::yield();
      for (int i = 0; i < 3; ++i) {
        goro::go({.name = "fresh"}, [] {});
      }
    } while (fresh_ones() != 3);
    goro::chan<void> c = goro::make_chan<void>();
    goro::go({.name = "locked"}, [c] {
      goro::lock_os_thread();
      c.recv();
    });
    wait_until("locked", "chan receive");
    EXPECT_TRUE(find("locked")->locked_to_thread);
    EXPECT_EQ(count(goro::debug::stacks(), "\"locked\" [chan receive, locked to thread]:\n"), 1u);
    c.close();
    goro::gomaxprocs(before);
  });
}

// Why no thread can tell the calls on its stack while it runs, so that the trace says what Go's does. Empty: they can.
std::string why_running_threads_do_not_tell() {
#ifdef GORO_EMULATED
  return "the emulator's threads and signals are not the program's";
#endif
  if (GORO_WITH_TSAN != 0) {
    return "ThreadSanitizer holds signals back";
  }
  for (const char* file : {"/proc/thread-self/syscall", "/proc/thread-self/status"}) {  // asked before a signal is sent
    if (std::ifstream(file).get() == std::ifstream::traits_type::eof()) {
      return std::string(file) + " tells nothing here";
    }
  }
  return {};
}
constexpr std::string_view unavailable = "\tgoroutine running on other thread; stack unavailable\n";

[[gnu::noinline]] void compute_in_here(const std::atomic<bool>& stop, std::atomic<bool>& runs) {
  runs = true;
  while (!stop) {
  }
}

// It runs on, and answers all the same. It is not waited for long if it does not.
TEST(DebugStacks, ShowsTheCallsOfThoseThatCompute) {
  const std::string why_not = why_running_threads_do_not_tell();
  std::atomic<bool> stop{false};
  std::atomic<bool> runs{false};
  goro::wait_group ended;
  ended.add();
  goro::go({.name = "hog"}, [&] {
    compute_in_here(stop, runs);
    ended.done();
  });
  while (!runs) {
    std::this_thread::yield();
  }
  std::string hog;
  do {                                               // on a machine that has no time for it, it may not be in time
    const std::string text = goro::debug::stacks();  // of a foreign thread
    EXPECT_TRUE(text.starts_with("thread ")) << text;
    hog = trace_of("hog", text);
    EXPECT_EQ(count(hog, "\"hog\" [running]:\n"), 1u) << text;
    EXPECT_EQ(count(hog, "created by "), 1u) << text;
  } while (why_not.empty() && count(hog, unavailable) != 0);
  if (why_not.empty()) {
    EXPECT_EQ(count(hog, "compute_in_here(...)\n\t"), 1u) << hog;
    EXPECT_EQ(count(hog, "debug_stacks_test.cpp:"), 3u) << hog;
    EXPECT_EQ(count(hog, "goro::"), 0u) << hog;
  }
  stop = true;
  ended.wait();
  if (!why_not.empty()) {
    GTEST_SKIP() << "calls are not shown: " << why_not;
  }
}

struct open_pipe {
  std::array<int, 2> ends{};
  open_pipe() { EXPECT_EQ(::pipe(ends.data()), 0); }
  ~open_pipe() { ::close(ends[0]), ::close(ends[1]); }
};

[[gnu::noinline]] long read_in_here(int from) {
  char byte;
  const long got = ::read(from, &byte, 1);
  asm volatile("" : : : "memory");
  return got;
}

TEST(DebugStacks, ShowsTheCallsInsideBlocking) {
  const std::string why_not = why_running_threads_do_not_tell();
  const open_pipe pipe;
  std::atomic<long> got{0};
  goro::wait_group ended;
  ended.add();
  goro::go({.name = "reader"}, [&] {
    goro::blocking([&] { got = read_in_here(pipe.ends[0]); });
    ended.done();
  });
  wait_until("reader", "syscall");
  std::string reader;
  do {
    reader = trace_of("reader", goro::debug::stacks());
    EXPECT_EQ(count(reader, "\"reader\" [syscall]:\n"), 1u) << reader;
  } while (why_not.empty() && count(reader, "read_in_here(") == 0);
  EXPECT_EQ(::write(pipe.ends[1], "x", 1), 1);
  ended.wait();
  EXPECT_EQ(got, 1);  // whoever asked, how often
  if (!why_not.empty()) {
    GTEST_SKIP() << "calls are not shown: " << why_not;
  }
}

// poll() would end with an error after a signal.
TEST(DebugStacks, LeaveCallsAloneThatASignalWouldEnd) {
  if (const std::string why_not = why_running_threads_do_not_tell(); !why_not.empty()) {
    GTEST_SKIP() << "no thread is sent a signal: " << why_not;
  }
  const open_pipe pipe;
  std::atomic<int> result{0};
  std::atomic<int> error{0};
  std::atomic<int> thread{0};
  goro::wait_group ended;
  ended.add();
  goro::go({.name = "poller"}, [&] {
    goro::blocking([&] {
      pollfd wanted{pipe.ends[0], POLLIN, 0};
      thread = ::gettid();
      result = ::poll(&wanted, 1, -1);
      error = errno;
    });
    ended.done();
  });
  while (thread == 0) {
    std::this_thread::yield();
  }
  const std::string file = "/proc/self/task/" + std::to_string(thread) + "/stat";
  std::string stat;
  do {  // until it sleeps
    std::getline(std::ifstream(file), stat);
    std::this_thread::yield();
  } while (!stat.empty() && stat.find(") S") == std::string::npos);
  const bool told = !stat.empty();
  for (int i = 0; told && i < 10; ++i) {
    const std::string poller = trace_of("poller", goro::debug::stacks());
    EXPECT_EQ(count(poller, "\"poller\" [syscall]:\n"), 1u) << poller;
    EXPECT_EQ(count(poller, unavailable), 1u) << poller;
  }
  EXPECT_EQ(::write(pipe.ends[1], "x", 1), 1);
  ended.wait();
  EXPECT_EQ(result, 1) << error;
  if (!told) {
    GTEST_SKIP() << file << " does not tell whether the thread sleeps";
  }
}

#if defined(__x86_64__)
// It runs until `*stop`, with another address than its caller's where its unwind information says that it returns to.
extern "C" void goro_test_misleading(const std::atomic<bool>* stop);
asm(R"(
        .text
        .type   goro_test_misleading, @function
goro_test_misleading:
        .cfi_startproc
        pushq   $0x12345
1:      pause
        cmpb    $0, (%rdi)
        je      1b
        addq    $8, %rsp
        ret
        .cfi_endproc
        .size   goro_test_misleading, . - goro_test_misleading
)");

// The unwinder follows it, into a fault.
TEST(DebugStacks, SurviveWrongUnwindInformation) {
  std::atomic<bool> stop{false};
  std::atomic<bool> runs{false};
  goro::wait_group ended;
  ended.add();
  goro::go({.name = "misled"}, [&] {
    runs = true;
    goro_test_misleading(&stop);
    ended.done();
  });
  while (!runs) {
    std::this_thread::yield();
  }
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(count(goro::debug::stacks(), "\"misled\" [running]:\n"), 1u);
  }
  stop = true;
  ended.wait();
}
#endif

// Wherever they are interrupted: in the heap, or in the unwinder that the walk uses itself.
TEST(DebugStacks, AskManyThatCompute) {
  goro::run([] {
    constexpr int many = 8;
    const int before = goro::gomaxprocs(many + 1);
    std::atomic<bool> stop{false};
    goro::wait_group all;
    for (int i = 0; i < many; ++i) {
      all.go([&] {
        std::vector<int> numbers;
        while (!stop) {
          numbers = std::vector<int>(1000, 1);
          try {
            throw 1;
          } catch (int) {
          }
        }
      });
    }
    for (int i = 0; i < 5; ++i) {
      EXPECT_GE(count(goro::debug::stacks(), "\ngoroutine "), many);
      goro::sleep(100us);
    }
    stop = true;
    all.wait();
    goro::gomaxprocs(before);
  });
}

TEST(DebugStacks, OfManyAreQuick) {
  static constexpr int many = 10'000;
  goro::run([] {
    goro::chan<int> c = goro::make_chan<int>();
    goro::wait_group ready;
    goro::wait_group done;
    ready.add(many);
    done.add(many);
    for (int i = 0; i < many; ++i) {
      goro::go([&] {
        ready.done();
        c.recv();
        done.done();
      });
    }
    ready.wait();
    const auto begin = std::chrono::steady_clock::now();
    const std::string text = goro::debug::stacks();
    const auto took = std::chrono::steady_clock::now() - begin;
    EXPECT_EQ(count(text, "\ngoroutine "), many);
    EXPECT_EQ(goro::debug::goroutines().size(), many + 1);
    ::testing::Test::RecordProperty("microseconds", static_cast<int>(took / 1us));
    c.close();
    done.wait();
  });
}

// The program goes on as if nothing had happened, whoever looks how often.
TEST(DebugStacks, WhileEverythingMoves) {
  for (const int processors : {1, 2, 4, 64}) {
    goro::run([processors] {
      const int before = goro::gomaxprocs(processors);
      std::atomic<bool> stop{false};
      goro::wait_group all;
      goro::chan<int> ring = goro::make_chan<int>(2);
      goro::mutex m;
      long sum = 0;
      for (int i = 0; i < 8; ++i) {
        all.go([&] {
          while (!stop) {
            ring.send(1);
            ring.recv();
            {
              const std::lock_guard hold(m);
              ++sum;
            }
            goro::wait_group child;
            child.go([] { goro::yield(); });
            child.wait();
            goro::sleep(1us);
          }
        });
      }
      std::thread foreign([&] {
        while (!stop) {
          EXPECT_FALSE(goro::debug::goroutines().empty());
        }
      });
      for (int i = 0; i < 8; ++i) {
        EXPECT_GE(goro::debug::goroutines().size(), 9u);
        EXPECT_TRUE(goro::debug::stacks().starts_with("goroutine "));
        goro::sleep(100us);
      }
      stop = true;
      goro::blocking([&] { foreign.join(); });
      all.wait();
      EXPECT_GT(sum, 0);
      goro::gomaxprocs(before);
    });
  }
}

}  // namespace
