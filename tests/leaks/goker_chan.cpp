// Twins of published leaks: channels: nobody sends, receives or closes any more. See goker.hpp.
#include "goker.hpp"

#include <goro/goro.hpp>

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <vector>

namespace leaks {
namespace {

using namespace std::chrono_literals;
using goro::chan;
using goro::make_chan;

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

// cockroach/24808: the channel has room for one, and Start sends a second before anybody receives.
void cockroach24808() {
  goro::go([] {
    const chan<void> stop = make_chan<void>();
    const chan<void> work = make_chan<void>(1);
    work.send();
    work.send();  // Start
    goro::go([=] {
      while (goro::select(goro::recv_case(stop), goro::recv_case(work)) != 0) {
      }
    });
    stop.close();
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

// cockroach/35931: the row that reports the cancellation finds the stream's buffer full.
void cockroach35931() {
  goro::go([] {
    goro::mutex registry;
    const std::vector<chan<void>> streams = {make_chan<void>(1), make_chan<void>(1)};
    streams[0].send();
    std::vector<chan<void>> timed_out;
    {
      const std::lock_guard hold(registry);
      timed_out = streams;
    }
    for (const auto& receiver : timed_out) {
      receiver.send();
    }
  });
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
      buffer.recv();
      donec.close();
    });
    goro::select(goro::recv_case(donec), goro::recv_case(goro::after(300ns)));
  });
}

// grpc/1424: nobody tells that the watcher has ended.
void grpc1424() {
  goro::go([] {
    const chan<bool> addresses = make_chan<bool>();
    const chan<int> wait = make_chan<int>(1);
    goro::go([=] {
      const chan<bool> done = make_chan<bool>();
      goro::go([addresses, done] {  // lbWatcher
        for (const bool address : addresses) {
          static_cast<void>(address);
        }
      });
      done.recv();
      wait.close();
    });
    addresses.close();
  });
}

// istio/17860: the agent has stopped when the second epoch ends.
void istio17860() {
  struct agent {
    goro::mutex mu;
    chan<int> status = make_chan<int>();
    std::set<int> epochs;
    int epoch = 0;

    static void restart(const std::shared_ptr<agent>& a) {
      const std::lock_guard hold(a->mu);
      a->epochs.insert(++a->epoch);
      goro::go([a, epoch = a->epoch] { a->status.send(epoch); });  // runWait
    }
    bool end(int ended) {
      const std::lock_guard hold(mu);
      epochs.erase(ended);
      return epochs.empty();
    }
  };
  goro::go([] {
    const auto a = std::make_shared<agent>();
    const chan<void> stopped = make_chan<void>();
    goro::go([a, stopped] {
      while (!a->end(*a->status.recv())) {
      }
      stopped.close();
    });
    agent::restart(a);
    goro::go([a, stopped] {
      stopped.recv();
      agent::restart(a);
    });
  });
}

// kubernetes/38669: the watcher sends its first events to nobody, and never looks whether it has been stopped.
void kubernetes38669() {
  goro::go([] {
    const chan<int> input = make_chan<int>();
    const chan<int> result = make_chan<int>();
    goro::go([=] {
      for (const int event : {1, 2}) {
        result.send(event);
      }
      for (const int event : input) {
        static_cast<void>(event);
      }
      result.close();
    });
    input.close();  // Stop
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

}  // namespace

std::vector<twin> chan_twins() {
  return {
      {"cockroach/2448", cockroach2448, {select_wait, select_wait}},
      {"cockroach/24808", cockroach24808, {send}},
      {"cockroach/25456", cockroach25456, {receive}},
      {"cockroach/35073", cockroach35073, {send, send}},
      {"cockroach/35931", cockroach35931, {send}},
      {"etcd/6857", etcd6857, {send}},
      {"grpc/660", grpc660, {send}},
      {"grpc/1275", grpc1275, {receive}},
      {"grpc/1424", grpc1424, {receive}},
      {"istio/17860", istio17860, {send}},
      {"kubernetes/38669", kubernetes38669, {send}},
      {"moby/21233", moby21233, {send}},
      {"moby/33781", moby33781, {send}},
  };
}

}  // namespace leaks
