// Twins of leaks and deadlocks of published programs: GoKer, of the paper "GoBench: A Benchmark Suite of Real-World Go Concurrency Bugs"
// (doi:10.1109/CGO51591.2021.9370317), which Go keeps in runtime/testdata/testgoroutineleakprofile/goker. Each twin has the same goroutines
// with the same operations on the same kinds of objects; where the original leaks only by chance, the order that leaks is enforced by
// further steps, so that the leak is there every time.
//
// The driver runs each, waits until nothing moves any more, and compares the goroutines that are left with those the bug leaves.
// tests/leaks/README.md has the table.
#include <goro/goro.hpp>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace std::chrono_literals;
using goro::chan;
using goro::make_chan;

// Lets all others get as far as they can.
void settle() {
  for (int i = 0; i < 200; ++i) {
    goro::yield();
  }
  goro::sleep(2ms);
}

// cockroach/584: a loop is left with the lock held; the next one waits for it.
void cockroach584() {
  struct gossip {
    goro::mutex mu;
    bool closed = true;
    void loop() {
      for (;;) {
        mu.lock();
        if (closed) {
          break;  // without unlock
        }
        mu.unlock();
      }
    }
  };
  goro::go([] {
    gossip g;
    g.loop();
    g.loop();
  });
}

// cockroach/1055: Stop holds the lock while it waits for tasks whose start needs the lock.
void cockroach1055() {
  struct stopper {
    chan<void> stopped = make_chan<void>();
    goro::wait_group drain;
    goro::wait_group stop;
    goro::mutex mu;
  };
  goro::go([] {
    const auto s = std::make_shared<stopper>();
    s->stop.add();
    s->drain.add();
    goro::go([s] {
      settle();
      s->mu.lock();  // StartTask, whose end would let Quiesce go on
      s->drain.done();
      s->mu.unlock();
    });
    const chan<void> done = make_chan<void>();
    goro::go([s, done] {
      s->mu.lock();
      s->drain.wait();
      s->mu.unlock();
      done.close();
    });
    done.recv();
  });
}

// cockroach/13755: a goroutine waits for the end of a context that nobody cancels.
void cockroach13755() {
  auto made = goro::with_cancel(goro::background());
  const auto cancel = std::make_shared<goro::cancel_func>(std::move(made.cancel));
  goro::go([ctx = made.ctx, cancel] {
    ctx.done().recv();
    (*cancel)();
  });
}

// cockroach/18101: the receiver has returned since its context has ended; the sender of more than fits waits.
void cockroach18101() {
  goro::go([] {
    auto made = goro::with_cancel(goro::background());
    const chan<bool> ready = make_chan<bool>(6);
    goro::go([ready] {
      for (int i = 0; i < 8; ++i) {
        ready.send(i != 0);
      }
      ready.close();
    });
    made.cancel();
    for (const bool span : ready) {
      static_cast<void>(span);
      goro::select(goro::recv_case(made.ctx.done()));
      return;
    }
  });
}

// cockroach/2448: two goroutines, each of which waits for the other to take what it sends.
void cockroach2448() {
  goro::go([] {
    const chan<int> events = make_chan<int>();
    const chan<int> callbacks = make_chan<int>();
    const chan<void> stop = make_chan<void>();
    goro::go([=] {  // processRaft
      events.recv();
      settle();
      goro::select(goro::send_case(callbacks, 1), goro::recv_case(stop));
    });
    goro::go([=] {  // start
      for (;;) {
        goro::select(goro::send_case(events, 1), goro::recv_case(stop));
      }
    });
  });
}

// cockroach/25456: waits to be told to quiesce, by nobody.
void cockroach25456() {
  goro::go([] {
    const chan<void> quiescer = make_chan<void>();
    for (int i = 0; i < 2; ++i) {
      quiescer.recv();
    }
  });
}

// cockroach/35073: a full channel without a consumer; both pushers wait.
void cockroach35073() {
  goro::go([] {
    const chan<int> data = make_chan<int>(16);
    goro::wait_group wg;
    for (int i = 0; i < 16; ++i) {
      data.send(0);
    }
    goro::go([data] { data.send(0); });
    wg.go([] {});
    wg.wait();
    data.send(0);
  });
}

// cockroach/9935: the lock is taken twice.
void cockroach9935() {
  goro::go([] {
    goro::mutex mu;
    mu.lock();
    const std::lock_guard again(mu);
  });
}

// cockroach/10214 and others: two locks in two orders.
void cockroach10214() {
  struct store {
    goro::mutex coalesced;
    goro::mutex raft;
    goro::wait_group both;
  };
  const auto s = std::make_shared<store>();
  s->both.add(2);
  const auto lock = [s](goro::mutex store::*first, goro::mutex store::*second) {
    const std::lock_guard one((*s).*first);
    s->both.done();
    s->both.wait();
    const std::lock_guard two((*s).*second);
  };
  goro::go([lock] { lock(&store::coalesced, &store::raft); });
  goro::go([lock] { lock(&store::raft, &store::coalesced); });
}

// etcd/6857: Stop has ended the loop that Status waits for.
void etcd6857() {
  goro::go([] {
    const chan<chan<int>> status = make_chan<chan<int>>();
    const chan<void> stop = make_chan<void>();
    const chan<void> done = make_chan<void>();
    goro::go([=] {
      for (bool ends = false; !ends;) {
        goro::select(goro::recv_case(status, [](std::optional<chan<int>> c) { c->send(1); }),
                     goro::recv_case(stop, [&](bool) { ends = true; }));
      }
      done.close();
    });
    goro::go([=] {
      settle();
      const chan<int> c = make_chan<int>();
      status.send(c);
      c.recv();
    });
    goro::go([=] {
      goro::select(goro::send_case(stop), goro::recv_case(done));
      done.recv();
    });
  });
}

// etcd/6873: stop() holds the lock and waits for the goroutine that needs it.
void etcd6873() {
  struct broadcasts {
    goro::mutex mu;
    chan<int> update = make_chan<int>(1);
    chan<void> done = make_chan<void>();
  };
  goro::go([] {
    const auto b = std::make_shared<broadcasts>();
    goro::go([b] {
      for (const int wb : b->update) {
        static_cast<void>(wb);
        settle();
        const std::lock_guard hold(b->mu);
      }
      b->done.close();
    });
    b->update.try_send(1);
    goro::go([b] {
      const std::lock_guard hold(b->mu);
      b->update.close();
      b->done.recv();
    });
  });
}

// grpc/660: the loop has been stopped; the sender of its result remains.
void grpc660() {
  goro::go([] {
    const chan<bool> stop = make_chan<bool>();
    goro::go([stop] {
      const chan<bool> done = make_chan<bool>();
      goro::go([done] {
        settle();
        done.send(true);
      });
      goro::select(goro::recv_case(stop), goro::recv_case(done));
    });
    goro::go([stop] { stop.send(true); });
  });
}

// grpc/1275: the reader of a stream that was closed without a word.
void grpc1275() {
  goro::go([] {
    const chan<bool> buffer = make_chan<bool>();
    const chan<void> donec = make_chan<void>();
    goro::go([=] {
      goro::select(goro::recv_case(buffer));
      donec.close();
    });
    goro::select(goro::recv_case(donec), goro::recv_case(goro::after(300ns)));
  });
}

// kubernetes/5316: the time is over before the request; its result finds nobody.
void kubernetes5316() {
  goro::go([] {
    const chan<bool> ch = make_chan<bool>();
    goro::go([ch] {
      goro::sleep(2ms);
      ch.send(true);
    });
    goro::select(goro::recv_case(ch), goro::recv_case(goro::after(1us)));
  });
}

// moby/33781: a probe whose monitor has been stopped.
void moby33781() {
  goro::go([] {
    const chan<bool> stop = make_chan<bool>();
    goro::go([stop] {
      const chan<bool> results = make_chan<bool>();
      goro::go([results] {
        settle();
        results.send(true);
        results.close();
      });
      goro::select(goro::recv_case(stop), goro::recv_case(results));
    });
    goro::go([stop] { stop.send(true); });
  });
}

// moby/21233: the one who waits has gone, the progress reader's sender remains.
void moby21233() {
  goro::go([] {
    const chan<int> progress = make_chan<int>();
    const chan<void> done = make_chan<void>();
    goro::go([=] {
      for (int i = 0; i < 3; ++i) {
        progress.send(i);
      }
      done.close();
    });
    progress.recv();
  });
}

// moby/28462: the monitor needs the lock that is held by the one who tells it to stop.
void moby28462() {
  struct container {
    goro::mutex mu;
    chan<bool> stop = make_chan<bool>();
    chan<void> looked = make_chan<void>();
    chan<void> held = make_chan<void>();
  };
  goro::go([] {
    const auto c = std::make_shared<container>();
    goro::go([c] {  // monitor
      bool ends = false;
      while (!ends) {
        goro::select(goro::recv_case(c->stop, [&](std::optional<bool>) { ends = true; }), goro::default_case());
        c->looked.close();
        c->held.recv();
        const std::lock_guard hold(c->mu);
      }
    });
    goro::go([c] {  // StateChanged
      c->looked.recv();
      const std::lock_guard hold(c->mu);
      c->held.close();
      c->stop.send(true);
    });
  });
}

struct twin {
  const char* name;
  std::function<void()> run;
  std::size_t leaks;  // goroutines that the bug leaves
};

const std::vector<twin> twins = {
    {"cockroach/584", cockroach584, 1},
    {"cockroach/1055", cockroach1055, 3},
    {"cockroach/2448", cockroach2448, 2},
    {"cockroach/9935", cockroach9935, 1},
    {"cockroach/10214", cockroach10214, 2},
    {"cockroach/13755", cockroach13755, 1},
    {"cockroach/18101", cockroach18101, 1},
    {"cockroach/25456", cockroach25456, 1},
    {"cockroach/35073", cockroach35073, 2},
    {"etcd/6857", etcd6857, 1},
    {"etcd/6873", etcd6873, 2},
    {"grpc/660", grpc660, 1},
    {"grpc/1275", grpc1275, 1},
    {"kubernetes/5316", kubernetes5316, 1},
    {"moby/21233", moby21233, 1},
    {"moby/28462", moby28462, 2},
    {"moby/33781", moby33781, 1},
};

// Until only those are left that the bug leaves, and all of them wait.
std::size_t wait_for_leaks(std::size_t before, std::size_t wanted) {
  for (int i = 0; i < 2000; ++i) {
    std::size_t waiting = 0;
    const auto all = goro::debug::goroutines();
    for (const auto& g : all) {
      waiting += g.waiting && g.state != "sleep" ? 1 : 0;
    }
    if (all.size() == before + wanted && waiting + 1 == all.size()) {
      return wanted;
    }
    goro::sleep(1ms);
  }
  return goro::debug::goroutines().size() - before;
}

}  // namespace

int main() {
  int failures = 0;
  goro::run([&] {
    for (const twin& t : twins) {
      const std::size_t before = goro::debug::goroutines().size();
      const std::size_t certain_before = goro::debug::leaks().size();
      t.run();
      const std::size_t found = wait_for_leaks(before, t.leaks);
      const std::size_t certain = goro::debug::leaks().size() - certain_before;
      failures += found == t.leaks ? 0 : 1;
      std::printf("%-18s leaks %zu found %zu certain %zu\n", t.name, t.leaks, found, certain);
    }
  });
  std::printf("%zu programs, %d not as expected\n", twins.size(), failures);
  return failures == 0 ? 0 : 1;
}
