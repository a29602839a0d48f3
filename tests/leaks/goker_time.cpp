// Twins of published leaks: contexts and timers: ends that nobody declares, and times that are over too early. See
// goker.hpp.
#include "goker.hpp"

#include <goro/goro.hpp>

#include <chrono>
#include <memory>
#include <utility>
#include <vector>

namespace leaks {
namespace {

using namespace std::chrono_literals;
using goro::chan;
using goro::make_chan;

// cockroach/10790: a goroutine drains channels whose sender has left with the context.
void cockroach10790() {
  goro::go([] {
    const std::vector<chan<bool>> commands = {make_chan<bool>(), make_chan<bool>()};
    const chan<void> first = make_chan<void>();
    auto made = goro::with_cancel(goro::background());
    const auto done = made.ctx.done();
    goro::go([=] {  // sendChans
      for (const auto& c : commands) {
        if (goro::select(goro::send_case(c, true), goro::recv_case(done)) == 1) {
          return;
        }
      }
    });
    goro::go([=] {  // beginCmds
      commands[0].recv();
      first.close();
      done.recv();  // the choice of the second round's select
      goro::go([commands] {
        for (const auto& c : commands) {
          c.recv();
        }
      });
    });
    goro::go([first, cancel = made.cancel] {
      first.recv();
      cancel();
    });
  });
}

// cockroach/13197: a transaction that is neither committed nor rolled back.
void cockroach13197() {
  auto tx = goro::with_cancel(goro::background());
  const auto kept = std::make_shared<goro::cancel_func>(std::move(tx.cancel));
  goro::go([ctx = tx.ctx, kept] { ctx.done().recv(); });
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

// grpc/862: the dial was given up, and with it the connection that somebody would have had to close.
void grpc862() {
  goro::go([] {
    auto made = goro::with_cancel(goro::background());
    goro::go([ctx = made.ctx] {  // DialContext
      auto connection = goro::with_cancel(goro::background());
      const auto cancel = std::make_shared<goro::cancel_func>(std::move(connection.cancel));
      goro::go([parent = connection.ctx, cancel] {  // resetAddrConn
        auto address = goro::with_cancel(parent);
        goro::with_timeout(address.ctx, 10ns).cancel();
        address.ctx.done().recv();
      });
      goro::select(goro::recv_case(ctx.done()), goro::default_case());
    });
    goro::go([cancel = made.cancel] { cancel(); });
  });
}

// grpc/3017: the timer of an entry that was taken back returns without unlock.
void grpc3017() {
  struct cache {
    goro::mutex mu;
    bool abort_deleting = false;
    chan<void> started = make_chan<void>();
    chan<void> taken_back = make_chan<void>();
  };
  goro::go([] {
    const auto c = std::make_shared<cache>();
    const chan<void> done = make_chan<void>();
    goro::go([c, done] {
      c->mu.lock();  // RemoveSubConn
      const goro::timer deletion = goro::after_func(1ns, [c] {
        c->started.close();
        c->taken_back.recv();
        c->mu.lock();
        if (c->abort_deleting) {
          return;  // without unlock
        }
        c->mu.unlock();
      });
      c->mu.unlock();
      c->started.recv();
      c->mu.lock();  // NewSubConn
      c->abort_deleting = !deletion.stop();
      c->mu.unlock();
      c->taken_back.close();
      settle();
      c->mu.lock();  // RemoveSubConn
      done.close();
    });
    done.recv();
  });
}

// istio/18454: a timer that has fired and been received from is stopped and waited for; the changes that queue for it
// fill up.
void istio18454() {
  goro::go([] {
    const chan<void> reset = make_chan<void>(1);
    const chan<void> events = make_chan<void>(4);
    auto worker = goro::with_cancel(goro::background());
    for (int i = 0; i < 4; ++i) {
      events.send();
    }
    goro::go([=, ctx = worker.ctx] {  // of the strategy
      const goro::timer timer(1ns);
      timer.c().recv();
      for (;;) {
        const auto ready = goro::select(goro::recv_case(reset), goro::recv_case(ctx.done()));
        if (ready == 1) {
          return;
        }
        if (!timer.stop()) {
          timer.c().recv();
        }
        timer.reset(1ns);
      }
    });
    const auto keep = std::make_shared<goro::cancel_func>(worker.cancel);
    goro::go([=] {  // of the processor
      for (int i = 0; i < 4; ++i) {
        events.recv();
        reset.send();
      }
      (*keep)();
    });
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

// kubernetes/25331: the context that makes others stop receiving is cancelled before the result is sent.
void kubernetes25331() {
  struct watch {
    goro::cancelable made = goro::with_cancel(goro::background());
    chan<bool> result = make_chan<bool>();
    chan<bool> error = make_chan<bool>();
  };
  goro::go([] {
    const auto w = std::make_shared<watch>();
    goro::go([w] {  // run
      if (goro::select(goro::recv_case(w->error), goro::recv_case(w->made.ctx.done())) == 0) {
        w->made.cancel();
        w->result.send(true);
      }
    });
    goro::go([w] {  // Stop
      w->error.send(true);
      w->made.cancel();
    });
  });
}

// kubernetes/70277: waits for a channel that it would close itself at its end.
void kubernetes70277() {
  goro::go([] {
    const chan<void> stop = make_chan<void>();
    const goro::defer at_end{[&stop] { stop.close(); }};
    const auto poller = [](const chan<void>& done) {
      const chan<void> ticks = make_chan<void>();
      goro::go([ticks, done] {
        goro::ticker tick(1ms);
        const goro::timer limit(8ms);
        for (bool ends = false; !ends;) {
          const auto ready = goro::select(goro::recv_case(tick.c()), goro::recv_case(limit.c()), goro::recv_case(done));
          ends = ready != 0;
          if (!ends) {
            goro::select(goro::send_case(ticks), goro::default_case());
          }
        }
        ticks.close();
      });
      return ticks;
    };
    chan<void> given;
    const auto wait_for = [&](const chan<void>& done) {
      given = done;
      poller(done).recv();
    };
    wait_for(stop);
    given.recv();
  });
}

}  // namespace

std::vector<twin> time_twins() {
  return {
      {"cockroach/10790", cockroach10790, {receive}},
      {"cockroach/13197", cockroach13197, {receive}},
      {"cockroach/13755", cockroach13755, {receive}},
      {"cockroach/18101", cockroach18101, {send}},
      {"grpc/862", grpc862, {receive}},
      {"grpc/3017", grpc3017, {receive, mutex_lock}},
      {"istio/18454", istio18454, {receive, send}},
      {"kubernetes/5316", kubernetes5316, {send}},
      {"kubernetes/25331", kubernetes25331, {send}},
      {"kubernetes/70277", kubernetes70277, {receive}},
  };
}

}  // namespace leaks
