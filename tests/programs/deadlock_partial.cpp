// GORODEBUG=deadlock=1: goroutines that wait for what nobody else can reach are reported while the others go on.
#include <goro/goro.hpp>

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace {

using namespace std::chrono_literals;
using channel = goro::chan<int>;

// Goroutines that start others leave traces of handles in their own frames, which are gone afterwards.
template <class F>
[[gnu::noinline]] void apart(F f) {
  goro::wait_group done;
  done.go(f);
  done.wait();
}

// What the program writes to stderr goes through here, and is counted: a report ends with the second of two bars.
class reader_of_reports {
 public:
  reader_of_reports() {
    int ends[2];
    if (::pipe(ends) != 0) {
      std::abort();
    }
    to_ = ::dup(2);
    ::dup2(ends[1], 2);
    ::close(ends[1]);
    std::thread([this, from = ends[0]] { pass_on(from); }).detach();
  }

  void wait_for(int reports) const {
    while (bars_.load() < 2 * reports) {
      goro::sleep(1ms);
    }
  }

 private:
  void pass_on(int from) {
    std::string line;
    char c;
    while (::read(from, &c, 1) == 1) {
      line += c;
      if (c == '\n') {
        (void)!::write(to_, line.data(), line.size());
        bars_ += line.starts_with("=====") ? 1 : 0;
        line.clear();
      }
    }
  }

  int to_ = -1;
  std::atomic<int> bars_{0};
};

reader_of_reports& reports() {
  static auto* reader = new reader_of_reports;
  return *reader;
}

void look_on() {
  reports().wait_for(1);
  std::puts("main goes on");
}

void circle() {
  apart([] {
    const channel a = goro::make_chan<int>();
    const channel b = goro::make_chan<int>();
    goro::go({.name = "a then b"}, [a, b] {
      a.recv();
      b.send(1);
    });
    goro::go({.name = "b then a"}, [a, b] {
      b.recv();
      a.send(1);
    });
  });
  look_on();
}

void mixed() {
  apart([] {
    const channel never = goro::make_chan<int>();
    goro::go({.name = "worker"}, [never] {
      goro::wait_group children;
      children.go([never] { goro::select(goro::recv_case(never), goro::recv_case(channel{})); });
      children.wait();
      never.close();
    });
  });
  look_on();
}

void lock_and_channel() {
  apart([] {
    const channel c = goro::make_chan<int>();
    goro::go({.name = "holder"}, [c] {
      goro::mutex m;
      m.lock();
      goro::go({.name = "other"}, [&m, c] {
        m.lock();
        c.send(1);
      });
      c.recv();
      m.unlock();
    });
  });
  look_on();
}

void lost() {
  apart([] {
    const channel c = goro::make_chan<int>();
    goro::go({.name = "lost"}, [c] { c.recv(); });
  });
}

// A circle of locks is reported when it closes, and not by the looks that report what comes later.
void locks() {
  goro::go({.name = "again"}, [] {
    goro::mutex m;
    m.lock();
    m.lock();
  });
  reports().wait_for(1);
  lost();
  reports().wait_for(2);
}

// goro's own thread for signals is no reason not to look.
void beside_signals() {
  const channel signals = goro::make_chan<int>(1);
  goro::signal::notify(signals, {SIGUSR1});
  circle();
}

channel global = goro::make_chan<int>();

// Each of these waits for somebody who can still act. By the time that what is lost is reported, they have been looked at too.
void none() {
  goro::wait_group ended;
  const auto on_heap = std::make_unique<channel>(goro::make_chan<int>());
  ended.go([c = global] { c.recv(); });
  ended.go([c = *on_heap] { c.recv(); });
  const auto timer = goro::after(1h);
  goro::go([timer] { timer.recv(); });

  std::atomic<bool> computes = true;
  const channel computed = goro::make_chan<int>();  // the other end is with one that computes
  ended.go([computed] { computed.recv(); });
  ended.go([&computes, computed] {
    while (computes.load(std::memory_order_relaxed)) {
    }
    computed.close();
  });

  const channel elsewhere = goro::make_chan<int>();  // with a thread that goro knows nothing of
  ended.go([elsewhere] { elsewhere.recv(); });
  std::mutex m;
  std::condition_variable changed;
  bool go_on = false;
  std::thread foreign([&m, &changed, &go_on, elsewhere] {
    std::unique_lock hold(m);
    changed.wait(hold, [&go_on] { return go_on; });
    elsewhere.close();
  });

  goro::go([] { goro::select(); });
  goro::go([] { channel{}.recv(); });
  lost();
  reports().wait_for(1);
  {
    const std::lock_guard hold(m);
    go_on = true;
  }
  changed.notify_one();
  computes = false;
  global.close();
  on_heap->close();
  ended.wait();
  foreign.join();
  std::puts("all went on");
}

}  // namespace

int main(int, char** argv) {
  const std::string_view how = argv[1];
  reports();
  if (how != "none") {
    goro::gomaxprocs(1);  // the report is in the order of ids, of which each processor has a block
  }
  goro::run([&] {
    how == "circle"    ? circle()
    : how == "mixed"   ? mixed()
    : how == "both"    ? lock_and_channel()
    : how == "locks"   ? locks()
    : how == "signals" ? beside_signals()
                       : none();
  });
}
