// Twins of published leaks: wait groups and conditions: waits for somebody who has gone, or has spoken too early. See
// goker.hpp.
#include "goker.hpp"

#include <goro/goro.hpp>

#include <memory>
#include <mutex>
#include <shared_mutex>
#include <vector>

namespace leaks {
namespace {

using goro::chan;
using goro::make_chan;

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

// cockroach/1462: a worker that tells others of events and one that listens; the listener has seen that all should stop
// first.
void cockroach1462() {
  goro::go([] {
    const chan<void> stopper = make_chan<void>();
    const chan<int> events = make_chan<int>();
    const chan<void> listening = make_chan<void>();
    goro::wait_group workers;
    workers.go([=] {
      while (goro::select(goro::recv_case(stopper), goro::default_case()) != 0) {
        events.send(0);
      }
    });
    workers.go([=] {  // processEventsUntil
      events.recv();
      listening.close();
      stopper.recv();  // the choice of the second round's select
    });
    listening.recv();
    settle();
    stopper.close();
    workers.wait();
  });
}

// etcd/7902: a follower waits for the leader's word with the lock held that the leader needs to give it.
void etcd7902() {
  goro::go([] {
    goro::mutex mu;
    goro::wait_group rounds;
    chan<bool> next = make_chan<bool>();
    meeting validated{3};
    for (int i = 0; i < 3; ++i) {
      rounds.go([&, i] {
        chan<bool> mine;
        {
          const std::lock_guard validate(mu);
          mine = next;
        }
        validated.meet();
        if (i == 0) {
          settle();
        }
        const std::lock_guard release(mu);
        if (i == 0) {
          next.close();
          next = make_chan<bool>();
        }
        mine.recv();
      });
    }
    rounds.wait();
  });
}

// kubernetes/11298: the signal comes before the wait it is for.
void kubernetes11298() {
  struct notifier {
    goro::mutex mu;
    goro::condition_variable cond;
    chan<void> abort = make_chan<void>();
  };
  const auto after = [](auto f) {
    const chan<void> done = make_chan<void>();
    goro::go([done, f] {
      f();
      done.close();
    });
    return done;
  };
  goro::go([after] {
    const auto n = std::make_shared<notifier>();
    const chan<void> notify_done = after([n, after] {
      const std::lock_guard service_loop(n->mu);
      const chan<void> waited = after([n] {
        n->abort.recv();
        settle();
        std::unique_lock borrowed(n->mu, std::adopt_lock);  // serviceLoop has it
        n->cond.wait(borrowed);
        borrowed.release();
      });
      if (goro::select(goro::recv_case(n->abort), goro::recv_case(waited)) == 0) {
        n->cond.notify_one();
        waited.recv();
      }
    });
    n->abort.close();
    notify_done.recv();
  });
}

// kubernetes/58107: a worker waits for work with the shared lock held; a writer waits for that, and the other worker
// for the writer.
void kubernetes58107() {
  struct controller {
    goro::shared_mutex workers;
    goro::mutex queue;
    goro::condition_variable work;
    chan<void> waits = make_chan<void>();
  };
  goro::go([] {
    const auto c = std::make_shared<controller>();
    c->work.notify_one();
    goro::go([c] {
      const std::shared_lock hold(c->workers);
      std::unique_lock get(c->queue);
      c->waits.close();
      c->work.wait(get);
    });
    goro::go([c] {  // Sync
      c->waits.recv();
      const std::lock_guard hold(c->workers);
    });
    goro::go([c] {
      c->waits.recv();
      settle();
      const std::shared_lock hold(c->workers);
    });
  });
}

// syncthing/5795: the dispatcher closes the connection, which waits for the dispatcher.
void syncthing5795() {
  struct connection {
    chan<int> inbox = make_chan<int>();
    chan<void> stopped = make_chan<void>();
    chan<void> closed = make_chan<void>();
    goro::once close_once;
    void close() {
      close_once.call([this] {
        closed.close();
        stopped.recv();
      });
    }
  };
  goro::go([] {
    const auto c = std::make_shared<connection>();
    goro::go([c] {
      const goro::defer at_end{[&c] { c->stopped.close(); }};
      while (goro::select(goro::recv_case(c->inbox), goro::recv_case(c->closed)) == 0) {
        c->close();  // ClusterConfig
      }
    });
    c->inbox.send(1);
    c->stopped.recv();
  });
}

// moby/25384: waits for all plugins inside the loop that starts them.
void moby25384() {
  goro::go([] {
    goro::wait_group plugins;
    plugins.add(2);
    for (int i = 0; i < 2; ++i) {
      goro::go([&plugins] { plugins.done(); });
      plugins.wait();
    }
  });
}

// moby/27782: the watch is removed once its file has said so; the one who would say it sends an event that nobody takes
// any more. (In Go's file the log is closed under a lock that the reader keeps; here as in the report: it is closed
// while the reader follows.)
void moby27782() {
  struct watcher {
    chan<int> events = make_chan<int>();
    chan<void> done = make_chan<void>();
    goro::mutex mu;
    goro::condition_variable removed;
  };
  goro::go([] {
    const auto w = std::make_shared<watcher>();
    const chan<void> closed = make_chan<void>();
    goro::go([w] {  // readEvents
      while (goro::select(goro::send_case(w->events, 1), goro::recv_case(w->done)) == 0) {
      }
    });
    goro::go([w, closed] {  // followLogs
      closed.recv();        // the choice of the select that waits for events, too
      std::unique_lock hold(w->mu);
      w->removed.wait(hold);
      w->done.close();
    });
    closed.close();
  });
}

// moby/30408: the activation has failed, of which the condition tells nothing.
void moby30408() {
  struct plugin {
    goro::mutex mu;
    goro::condition_variable activated;
    bool has_manifest = false;
  };
  goro::go([] {
    plugin p;
    const chan<void> done = make_chan<void>();
    goro::go([&p, done] {
      std::unique_lock hold(p.mu);
      p.activated.wait(hold, [&p] { return p.has_manifest; });
      done.close();
    });
    done.recv();
  });
}

}  // namespace

std::vector<twin> group_twins() {
  return {
      {"cockroach/1055", cockroach1055, {receive, mutex_lock, group_wait}},
      {"cockroach/1462", cockroach1462, {send, group_wait}},
      {"etcd/7902", etcd7902, {group_wait, receive, mutex_lock, mutex_lock}},
      {"kubernetes/11298", kubernetes11298, {receive, receive, condition_wait}},
      {"kubernetes/58107", kubernetes58107, {condition_wait, exclusive_lock, shared_lock}},
      {"syncthing/5795", syncthing5795, {receive, receive}},
      {"moby/25384", moby25384, {group_wait}},
      {"moby/27782", moby27782, {condition_wait, select_wait}},
      {"moby/30408", moby30408, {receive, condition_wait}},
  };
}

}  // namespace leaks
