// Twins of published leaks: locks and channels: who has the lock waits for a channel, whose other end waits for the
// lock. See goker.hpp.
#include "goker.hpp"

#include <goro/goro.hpp>

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace leaks {
namespace {

using namespace std::chrono_literals;
using goro::chan;
using goro::make_chan;

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

// etcd/7492: the keeper needs the lock to forget a token; who has the lock sends it another, for which there is no
// room.
void etcd7492() {
  struct tokens {
    goro::shared_mutex mu;
    chan<void> add = make_chan<void>(1);
  };
  goro::go([] {
    const auto t = std::make_shared<tokens>();
    goro::go([t] {  // the keeper
      t->add.recv();
      settle();
      goro::after(1ns).recv();  // the select's choice, as long as it must be
      const std::lock_guard forget(t->mu);
    });
    goro::wait_group users;
    for (int i = 0; i < 3; ++i) {
      users.go([t] {
        const std::lock_guard assign(t->mu);
        t->add.send();
      });
    }
    users.wait();
  });
}

// grpc/1460: keepalive sleeps with the lock held until a stream wakes it, which needs the lock.
void grpc1460() {
  struct client {
    goro::mutex mu;
    chan<void> awaken = make_chan<void>();
    chan<void> locked = make_chan<void>();
    int streams = 0;
  };
  const auto c = std::make_shared<client>();
  goro::go([c] {  // keepalive
    c->mu.lock();
    c->locked.close();
    if (c->streams == 0) {
      c->awaken.recv();
    }
    c->mu.unlock();
  });
  goro::go([c] {  // NewStream
    c->locked.recv();
    const std::lock_guard hold(c->mu);
    if (++c->streams == 1) {
      goro::select(goro::send_case(c->awaken), goro::default_case());
    }
  });
}

// istio/16224: the handler sends with the lock held; the receiver takes the lock first.
void istio16224() {
  goro::go([] {
    const chan<int> events = make_chan<int>();
    const chan<bool> done = make_chan<bool>();
    const chan<void> stop = make_chan<void>();
    const auto mu = std::make_shared<goro::mutex>();
    goro::go([=] {  // Run
      while (goro::select(goro::recv_case(stop), goro::recv_case(events)) != 0) {
        const std::lock_guard hold(*mu);
        done.send(true);
      }
    });
    events.send(0);
    settle();
    mu->lock();
    mu->unlock();
    done.recv();
    stop.close();
  });
}

// kubernetes/1321: the distributor sends with the lock held to a watcher that needs the lock to stop.
void kubernetes1321() {
  struct mux {
    goro::mutex mu;
    chan<void> result = make_chan<void>();
  };
  goro::go([] {
    const auto m = std::make_shared<mux>();
    goro::go([m] {
      const std::lock_guard distribute(m->mu);
      m->result.send();
    });
    settle();
    const std::lock_guard stop_watching(m->mu);
    m->result.close();
  });
}

// kubernetes/6632: the writer sends with the lock held to the monitor, which waits for the lock.
void kubernetes6632() {
  struct framer {
    goro::mutex write;
    chan<bool> reset = make_chan<bool>();
    chan<bool> close = make_chan<bool>();
    chan<void> locked = make_chan<void>();
  };
  const auto f = std::make_shared<framer>();
  goro::go([f] { f->close.send(true); });
  goro::go([f] {  // monitor
    f->close.recv();
    f->locked.recv();
    const std::lock_guard hold(f->write);
    f->reset.close();
  });
  goro::go([f] {  // WriteFrame
    const std::lock_guard hold(f->write);
    f->locked.close();
    f->reset.send(true);
  });
}

// kubernetes/10182: between the receive of one status and the lock for it comes the sender of the next.
void kubernetes10182() {
  struct manager {
    goro::shared_mutex statuses;
    chan<bool> status = make_chan<bool>();
  };
  const auto m = std::make_shared<manager>();
  goro::go([m] {
    for (int i = 0; i < 2; ++i) {  // syncBatch
      m->status.recv();
      settle();
      const std::lock_guard remove(m->statuses);
    }
  });
  for (int i = 0; i < 2; ++i) {
    goro::go([m] {
      const std::lock_guard set(m->statuses);
      m->status.send(true);
    });
  }
}

// kubernetes/26980: pop has the lock and waits to be stopped by one who first wants an answer that needs the lock.
void kubernetes26980() {
  struct listener {
    goro::shared_mutex mu;
    std::vector<int> pending{1};
  };
  goro::go([] {
    const auto l = std::make_shared<listener>();
    const chan<void> stop = make_chan<void>();
    const goro::defer at_end{[&stop] { stop.close(); }};
    goro::go([l, stop] {
      const std::lock_guard pop(l->mu);
      stop.recv();
    });
    const chan<void> result = make_chan<void>();
    goro::go([l, result] {
      settle();
      l->mu.lock();
      result.close();
    });
    result.recv();
    l->mu.unlock();
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

// serving/2137: requests are let go in their order, but the second has the only place.
void serving2137() {
  struct request {
    goro::mutex mu;
    chan<bool> accepted = make_chan<bool>(1);
  };
  goro::go([] {
    const chan<void> pending = make_chan<void>(2);
    const chan<void> active = make_chan<void>(1);
    const std::vector<std::shared_ptr<request>> requests = {std::make_shared<request>(), std::make_shared<request>()};
    for (const auto& r : requests) {
      r->mu.lock();
      goro::go([=, first = r == requests[0]] {
        if (first) {
          settle();
        }
        pending.send();
        active.send();
        r->mu.lock();
        r->mu.unlock();
        active.recv();
        pending.recv();
        r->accepted.send(true);
      });
    }
    settle();
    for (const auto& r : requests) {
      r->mu.unlock();
      r->accepted.recv();
    }
  });
}

}  // namespace

std::vector<twin> mixed_twins() {
  return {
      {"etcd/6873", etcd6873, {mutex_lock, receive}},
      {"etcd/7492", etcd7492, {group_wait, exclusive_lock, send}},
      {"grpc/1460", grpc1460, {receive, mutex_lock}},
      {"istio/16224", istio16224, {mutex_lock, send}},
      {"kubernetes/1321", kubernetes1321, {send, mutex_lock}},
      {"kubernetes/6632", kubernetes6632, {mutex_lock, send}},
      {"kubernetes/10182", kubernetes10182, {exclusive_lock, send}},
      {"kubernetes/26980", kubernetes26980, {receive, receive, exclusive_lock}},
      {"moby/28462", moby28462, {mutex_lock, send}},
      {"serving/2137", serving2137, {send, mutex_lock, receive}},
  };
}

}  // namespace leaks
