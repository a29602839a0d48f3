// Twins of published leaks: locks: locks taken in two orders, and shared locks taken again while a writer waits. See
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

// cockroach/3710: a goroutine takes a shared lock again while a writer waits.
void cockroach3710() {
  struct store {
    goro::shared_mutex mu;
    goro::mutex queue;
    chan<void> scanning = make_chan<void>();
  };
  const auto s = std::make_shared<store>();
  goro::go([s] {  // ForceRaftLogScanAndProcess
    const std::shared_lock scan(s->mu);
    s->scanning.close();
    settle();
    const std::lock_guard maybe_add(s->queue);
    const std::shared_lock raft_status(s->mu);
  });
  goro::go([s] {  // processRaft
    s->scanning.recv();
    const std::lock_guard hold(s->mu);
  });
}

// cockroach/6181: the lookup's log line takes the cache's shared lock again; another lookup waits to write.
void cockroach6181() {
  goro::go([] {
    goro::shared_mutex cache;
    goro::wait_group lookups;
    const chan<void> reading = make_chan<void>();
    lookups.go([&, reading] {
      const std::shared_lock lookup(cache);
      reading.close();
      settle();
      const std::shared_lock to_string(cache);
    });
    lookups.go([&, reading] {
      reading.recv();
      cache.lock_shared();
      cache.unlock_shared();
      cache.lock();
      cache.unlock();
    });
    lookups.go([&] {
      settle();
      settle();
      const std::shared_lock lookup(cache);
    });
    lookups.wait();
  });
}

// cockroach/7504: the name cache locks itself, then a lease; the release of a lease the other way round.
void cockroach7504() {
  struct leases {
    goro::mutex lease;
    goro::mutex names;
    goro::mutex table;
    meeting both{2};
  };
  const auto l = std::make_shared<leases>();
  goro::go([l] {  // AcquireByName
    const std::lock_guard get(l->names);
    l->both.meet();
    const std::lock_guard hold(l->lease);
  });
  goro::go([l] {  // Release
    const std::lock_guard release(l->table);
    const std::lock_guard hold(l->lease);
    l->both.meet();
    const std::lock_guard remove(l->names);
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

// cockroach/16167: the executor takes its shared lock for a batch and again for the database cache; an update comes
// between.
void cockroach16167() {
  goro::go([] {
    const auto system_config = std::make_shared<goro::shared_mutex>();
    const chan<void> parsing = make_chan<void>();
    goro::go([system_config, parsing] {
      parsing.recv();
      const std::lock_guard update(*system_config);
    });
    const std::shared_lock exec_parsed(*system_config);
    parsing.close();
    settle();
    const std::shared_lock get_database_cache(*system_config);
  });
}

// hugo/3251: who has the lock of a URL needs the table's to give it back; who has the table's waits for the URL's.
void hugo3251() {
  goro::go([] {
    goro::shared_mutex table;
    goro::mutex url;
    goro::wait_group getters;
    const chan<void> got = make_chan<void>();
    getters.go([&, got] {
      table.lock();
      url.lock();
      table.unlock();
      got.close();
      settle();
      const std::shared_lock unlock(table);
      url.unlock();
    });
    getters.go([&, got] {
      got.recv();
      table.lock();
      url.lock();
      table.unlock();
    });
    getters.wait();
  });
}

// kubernetes/13135: the list replaces the watch cache with the cacher locked; an event locks them the other way round.
void kubernetes13135() {
  struct cacher {
    goro::mutex mu;
    goro::shared_mutex watch_cache;
    goro::wait_group initialized;
    meeting both{2};
  };
  goro::go([] {
    const auto c = std::make_shared<cacher>();
    c->initialized.add();
    goro::go([c] {
      for (int round = 0;; ++round) {
        c->mu.lock();  // startCaching
        if (round == 1) {
          c->both.meet();
        }
        const std::lock_guard replace(c->watch_cache);
        if (round == 0) {
          c->initialized.done();
        }
        c->mu.unlock();  // by onReplace
      }
    });
    c->initialized.wait();
    goro::go([c] {  // Add
      const std::lock_guard process(c->watch_cache);
      c->both.meet();
      const std::lock_guard on_event(c->mu);
    });
  });
}

// kubernetes/30872: the queue's lock, then the informer's, for an addition; the other way round for HasSynced. Stop
// needs one of them.
void kubernetes30872() {
  struct informer {
    goro::mutex federated;
    goro::shared_mutex queue;
    meeting both{2};
  };
  goro::go([] {
    const auto f = std::make_shared<informer>();
    const chan<void> stop = make_chan<void>();
    goro::go([f] {  // Run
      const std::lock_guard pop(f->queue);
      f->both.meet();
      const std::lock_guard add_cluster(f->federated);
    });
    goro::go([f, stop] {
      stop.recv();
      settle();
      const std::lock_guard stop_informer(f->federated);
    });
    goro::go([f] {
      const std::lock_guard clusters_synced(f->federated);
      f->both.meet();
      const std::lock_guard has_synced(f->queue);
    });
    stop.close();
  });
}

// kubernetes/62464: GetCPUSetOrDefault takes the shared lock and calls GetCPUSet, which takes it too.
void kubernetes62464() {
  const auto state = std::make_shared<goro::shared_mutex>();
  const chan<void> reading = make_chan<void>();
  goro::go([state, reading] {  // reconcileState
    const std::shared_lock get_or_default(*state);
    reading.close();
    settle();
    const std::shared_lock get(*state);
  });
  goro::go([state, reading] {  // RemoveContainer
    reading.recv();
    state->lock_shared();
    state->unlock_shared();
    const std::lock_guard set_default(*state);
  });
}

// moby/4951: the lock of all devices is given up for a moment while that of one is held.
void moby4951() {
  struct devices {
    goro::mutex all;
    goro::mutex one;
    chan<void> released = make_chan<void>(1);
  };
  const auto d = std::make_shared<devices>();
  const auto remove = [d](bool second) {
    if (second) {
      d->released.recv();
    }
    const std::lock_guard hold(d->all);
    const std::lock_guard device(d->one);
    d->all.unlock();
    d->released.send();
    settle();
    d->all.lock();
  };
  goro::go([remove] { remove(false); });
  goro::go([remove] { remove(true); });
}

}  // namespace

std::vector<twin> lock_order_twins() {
  return {
      {"cockroach/3710", cockroach3710, {shared_lock, exclusive_lock}, lock_cycle},
      {"cockroach/6181", cockroach6181, {group_wait, shared_lock, shared_lock, exclusive_lock}, lock_cycle},
      {"cockroach/7504", cockroach7504, {mutex_lock, mutex_lock}, lock_cycle},
      {"cockroach/10214", cockroach10214, {mutex_lock, mutex_lock}, lock_cycle},
      {"cockroach/16167", cockroach16167, {shared_lock, exclusive_lock}, lock_cycle},
      {"hugo/3251", hugo3251, {group_wait, shared_lock, mutex_lock}, lock_cycle},
      {"kubernetes/13135", kubernetes13135, {exclusive_lock, mutex_lock}, lock_cycle},
      {"kubernetes/30872", kubernetes30872, {mutex_lock, mutex_lock, exclusive_lock}, lock_cycle},
      {"kubernetes/62464", kubernetes62464, {shared_lock, exclusive_lock}, lock_cycle},
      {"moby/4951", moby4951, {mutex_lock, mutex_lock}, lock_cycle},
  };
}

}  // namespace leaks
