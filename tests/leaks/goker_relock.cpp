// Twins of published leaks: locks: one goroutine takes a lock again, or leaves it locked. See goker.hpp.
#include "goker.hpp"

#include <goro/goro.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <vector>

namespace leaks {
namespace {

using namespace std::chrono_literals;
using goro::chan;
using goro::make_chan;

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

// cockroach/9935: the lock is taken twice.
void cockroach9935() {
  goro::go([] {
    goro::mutex mu;
    mu.lock();
    const std::lock_guard again(mu);
  });
}

// etcd/5509: acquire() returns from its error path with the shared lock held; Close waits for ever.
void etcd5509() {
  struct client {
    goro::shared_mutex mu;
    bool closed = true;
    bool acquire() {
      mu.lock_shared();
      if (closed) {
        return false;  // without unlock_shared
      }
      mu.unlock_shared();
      return true;
    }
  };
  goro::go([] {
    client c;
    const chan<void> done = make_chan<void>();
    goro::go([&c, done] {
      c.acquire();
      done.close();
    });
    settle();
    const std::lock_guard close(c.mu);
    done.recv();
  });
}

// etcd/6708: Sync has the lock and asks for the leader, which takes it shared.
void etcd6708() {
  goro::go([] {
    goro::shared_mutex mu;
    const std::lock_guard sync(mu);
    const std::shared_lock get(mu);
  });
}

// etcd/10492: the callback of a method that holds the lock calls a method that takes it.
void etcd10492() {
  struct lessor {
    goro::shared_mutex mu;
    std::function<void()> checkpointer;
    void checkpoint() { const std::lock_guard hold(mu); }
    void renew() {
      const std::lock_guard hold(mu);
      checkpointer();
    }
  };
  goro::go([] {
    lessor le;
    le.checkpointer = [&le] { le.checkpoint(); };
    le.renew();
  });
}

// grpc/795: the second GracefulStop locks where it should unlock; the server that starts meanwhile waits, too.
void grpc795() {
  struct server {
    goro::mutex mu;
    bool drained = false;
    void graceful_stop() {
      mu.lock();
      if (drained) {
        mu.lock();
        return;
      }
      drained = true;
      mu.unlock();
    }
  };
  goro::go([] {
    const auto s = std::make_shared<server>();
    goro::go([s] {
      settle();
      s->mu.lock();
      s->mu.unlock();
    });
    for (int i = 0; i < 3; ++i) {
      s->graceful_stop();
    }
  });
}

// hugo/5379: the content's initialization, under its lock, comes to a once whose function takes that lock.
void hugo5379() {
  struct page {
    goro::once content;
    goro::once plain;
    goro::mutex content_mu;
    chan<void> given_up = make_chan<void>();
    chan<void> counting = make_chan<void>();

    static void init_content(const std::shared_ptr<page>& p) {
      p->content.call([&p] {
        const chan<void> done = make_chan<void>(1);
        goro::go([p, done] {
          const std::lock_guard hold(p->content_mu);
          p->given_up.recv();
          init_content(p);  // of a shortcode
          p->counting.recv();
          count(p);
          done.send();
        });
        auto limited = goro::with_timeout(goro::background(), 1ms);
        goro::select(goro::recv_case(limited.ctx.done()), goro::recv_case(done));
        p->given_up.close();
        settle();
      });
    }
    static void count(const std::shared_ptr<page>& p) {
      p->plain.call([&p] {
        p->counting.close();
        const std::lock_guard hold(p->content_mu);
      });
    }
    static void word_count(const std::shared_ptr<page>& p) {
      init_content(p);
      count(p);
    }
  };
  goro::go([] {
    const auto p = std::make_shared<page>();
    goro::wait_group renderers;
    for (int i = 0; i < 2; ++i) {
      renderers.go([p, i] {
        if (i == 1) {
          settle();
        }
        page::word_count(p);
      });
    }
    renderers.wait();
  });
}

// moby/7559: a connection that fails leaves the lock behind for the next attempt.
void moby7559() {
  goro::go([] {
    goro::mutex connections;
    const auto dial = [] { return false; };
    for (int i = 0; i < 2; ++i) {
      connections.lock();
      if (!dial()) {
        continue;  // without unlock
      }
      break;
    }
    connections.unlock();
  });
}

// moby/17176: nothing to clean up, and the lock stays locked.
void moby17176() {
  struct devices {
    goro::mutex mu;
    int deleted = 0;
    bool clean_up() {
      mu.lock();
      if (deleted == 0) {
        return false;  // without unlock
      }
      mu.unlock();
      return true;
    }
  };
  goro::go([] {
    const auto d = std::make_shared<devices>();
    d->clean_up();
    const chan<bool> done = make_chan<bool>();
    goro::go([d, done] {
      const std::lock_guard hold(d->mu);
      done.send(true);
    });
    goro::select(goro::recv_case(goro::after(1ms)), goro::recv_case(done));
  });
}

// moby/36114: a method that holds the lock calls another that takes it.
void moby36114() {
  struct service_vm {
    goro::mutex mu;
    void hot_remove() { const std::lock_guard hold(mu); }
    void hot_add() {
      const std::lock_guard hold(mu);
      hot_remove();
    }
  };
  goro::go([] {
    service_vm vm;
    vm.hot_add();
  });
}

// syncthing/4829: notify() takes shared what clearAddresses holds.
void syncthing4829() {
  struct mapping {
    goro::shared_mutex mu;
    void notify() { const std::shared_lock hold(mu); }
    void clear() {
      const std::lock_guard hold(mu);
      notify();
    }
  };
  goro::go([] {
    goro::shared_mutex service;
    mapping m;
    const std::lock_guard hold(service);
    m.clear();
  });
}

}  // namespace

std::vector<twin> relock_twins() {
  return {
      {"cockroach/584", cockroach584, {mutex_lock}, lock_cycle},
      {"cockroach/9935", cockroach9935, {mutex_lock}, lock_cycle},
      {"etcd/5509", etcd5509, {exclusive_lock}},
      {"etcd/6708", etcd6708, {shared_lock}, lock_cycle},
      {"etcd/10492", etcd10492, {exclusive_lock}, lock_cycle},
      {"grpc/795", grpc795, {mutex_lock, mutex_lock}, lock_cycle},
      {"hugo/5379", hugo5379, {group_wait, mutex_lock, once_call, once_call}},
      {"moby/7559", moby7559, {mutex_lock}, lock_cycle},
      {"moby/17176", moby17176, {mutex_lock}},
      {"moby/36114", moby36114, {mutex_lock}, lock_cycle},
      {"syncthing/4829", syncthing4829, {shared_lock}, lock_cycle},
  };
}

}  // namespace leaks
