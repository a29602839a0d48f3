// Twins of chan_test.go.
#include <memory>
#include <optional>

#include "cases.hpp"

namespace race_cases {
namespace {

template <class Body>
void recovered(Body body) {
  try {
    body();
  } catch (const goro::panic_error&) {
  }
}

}  // namespace

NO_RACE(ChanSync) {
  auto& v = leaked(0);
  auto& c = channel<int>();
  goro::go([&] {
    v = 1;
    c.send(0);
  });
  c.recv();
  v = 2;
}
NO_RACE(ChanSyncRev) {
  auto& v = leaked(0);
  auto& c = channel<int>();
  goro::go([&] {
    c.send(0);
    v = 2;
  });
  v = 1;
  c.recv();
}
NO_RACE(ChanAsync) {
  auto& v = leaked(0);
  auto& c = channel<int>(10);
  goro::go([&] {
    v = 1;
    c.send(0);
  });
  c.recv();
  v = 2;
}
RACE(ChanAsyncRev) {
  auto& v = leaked(0);
  auto& c = channel<int>(10);
  goro::go([&] {
    c.send(0);
    v = 1;
  });
  v = 2;
  c.recv();
  goro::yield();
}
#define NO_RACE_CLOSE_RECV(name, capacity, receive) \
  NO_RACE(name) {                                   \
    auto& v = leaked(0);                            \
    auto& c = channel<int>(capacity);               \
    goro::go([&] {                                  \
      v = 1;                                        \
      c.close();                                    \
    });                                             \
    receive;                                        \
    v = 2;                                          \
  }
NO_RACE_CLOSE_RECV(ChanAsyncCloseRecv, 10, recovered([&] { c.recv(); }))
NO_RACE_CLOSE_RECV(ChanAsyncCloseRecv2, 10, int got = 0; c.recv(got))
NO_RACE_CLOSE_RECV(ChanAsyncCloseRecv3, 10, for ([[maybe_unused]] int i : c){})
NO_RACE_CLOSE_RECV(ChanSyncCloseRecv, 0, recovered([&] { c.recv(); }))
NO_RACE_CLOSE_RECV(ChanSyncCloseRecv2, 0, int got = 0; c.recv(got))
NO_RACE_CLOSE_RECV(ChanSyncCloseRecv3, 0, for ([[maybe_unused]] int i : c){})

RACE(ChanSyncCloseSend) {
  auto& v = leaked(0);
  auto& c = channel<int>();
  goro::go([&] {
    v = 1;
    c.close();
  });
  recovered([&] { c.send(0); });
  v = 2;
}
RACE(ChanAsyncCloseSend) {
  auto& v = leaked(0);
  auto& c = channel<int>(10);
  goro::go([&] {
    v = 1;
    c.close();
  });
  recovered([&] {
    for (;;) {
      c.send(0);
    }
  });
  v = 2;
}
RACE(ChanCloseClose) {
  auto &v1 = leaked(0), &v2 = leaked(0);
  auto& c = channel<int>();
  const auto closer = [&c](int& before, int& after) {
    return [&] {
      try {
        before = 1;
        c.close();
      } catch (const goro::panic_error&) {
        after = 2;
      }
    };
  };
  both(closer(v1, v2), closer(v2, v1));
}
RACE(ChanSendLen) {
  auto& v = leaked(0);
  auto& c = channel<int>(10);
  goro::go([&] {
    v = 1;
    c.send(1);
  });
  while (c.size() == 0) {
    goro::yield();
  }
  v = 2;
}
RACE(ChanRecvLen) {
  auto& v = leaked(0);
  auto& c = channel<int>(10);
  c.send(1);
  goro::go([&] {
    v = 1;
    c.recv();
  });
  while (c.size() != 0) {
    goro::yield();
  }
  v = 2;
}
RACE(ChanSendSend) {
  auto &v1 = leaked(0), &v2 = leaked(0);
  auto& c = channel<int>(1);
  const auto sender = [&c](int& before, int& after) {
    return [&] {
      before = 1;
      if (c.try_send(1) != goro::chan_status::success) {
        after = 2;
      }
    };
  };
  both(sender(v1, v2), sender(v2, v1));
}
NO_RACE(ChanPtr) {
  auto& c = channel<int*>();
  goro::go([&] { c.send(new int(1)); });
  **c.recv() = 2;
}
TIMED_RACE(ChanWrongSend) {
  auto &v1 = leaked(0), &v2 = leaked(0);
  auto& c = channel<int>(2);
  goro::go([&] {
    v1 = 1;
    c.send(1);
  });
  goro::go([&] {
    v2 = 2;
    c.send(2);
  });
  goro::sleep(10ms);
  (*c.recv() == 1 ? v2 : v1) = 3;
}
TIMED_RACE(ChanWrongClose) {
  auto &v1 = leaked(0), &v2 = leaked(0);
  auto& c = channel<int>(1);
  auto& done = channel<bool>();
  goro::go([&] {
    recovered([&] {
      v1 = 1;
      c.send(1);
    });
    done.send(true);
  });
  goro::go([&] {
    goro::sleep(10ms);
    v2 = 2;
    c.close();
    done.send(true);
  });
  goro::sleep(20ms);
  (c.recv() ? v2 : v1) = 2;
  done.recv();
  done.recv();
}
TIMED_RACE(ChanSendClose) {
  auto& c = channel<int>(1);
  both([&] { recovered([&] { c.send(1); }); },
       [&] {
         goro::sleep(10ms);
         c.close();
       });
}
TIMED_RACE(ChanSendSelectClose) {
  auto& c = channel<int>(1);
  auto& c1 = channel<int>();
  both(
      [&] {
        goro::sleep(10ms);
        recovered([&] { goro::select(goro::send_case(c, 1), goro::recv_case(c1)); });
      },
      [&] { c.close(); });
}
RACE(SelectReadWriteAsync) {
  auto& x = leaked(0);
  auto &c1 = channel<int>(10), &c2 = channel<int>(10), &c3 = channel<int>();
  c2.send(1);
  beside([&] { goro::select(goro::send_case(c1, x), goro::send_case(c3, 1)); },
         [&] { goro::select(goro::recv_case(c2, [&](std::optional<int> v) { x = *v; }), goro::send_case(c3, 1)); });
}
RACE(SelectReadWriteSync) {
  auto& x = leaked(0);
  auto &c1 = channel<int>(), &c2 = channel<int>(), &c3 = channel<int>();
  goro::go([&] { c1.recv(); });
  goro::go([&] { c2.send(1); });
  beside([&] { goro::select(goro::send_case(c1, x), goro::send_case(c3, 1)); },
         [&] { goro::select(goro::recv_case(c2, [&](std::optional<int> v) { x = *v; }), goro::send_case(c3, 1)); });
}
NO_RACE(SelectReadWriteAsync) {
  auto& x = leaked(0);
  auto &c1 = channel<int>(), &c2 = channel<int>();
  beside([&] { goro::select(goro::send_case(c1, x), goro::send_case(c2, 1)); },
         [&] { goro::select(goro::recv_case(c1, [&](std::optional<int> v) { x = *v; }), goro::send_case(c2, 1)); });
}
RACE(ChanReadWriteAsync) {
  auto& x = leaked(0);
  auto &c1 = channel<int>(10), &c2 = channel<int>(10);
  c2.send(10);
  beside([&] { c1.send(x); }, [&] { x = *c2.recv(); });
}
RACE(ChanReadWriteSync) {
  auto& x = leaked(0);
  auto &c1 = channel<int>(), &c2 = channel<int>();
  goro::go([&] { c1.recv(); });
  goro::go([&] { c2.send(10); });
  beside([&] { c1.send(x); }, [&] { x = *c2.recv(); });
}
NO_RACE(ChanReadWriteAsync) {
  auto& x = leaked(0);
  auto& c1 = channel<int>(10);
  beside([&] { c1.send(x); }, [&] { x = *c1.recv(); });
}
NO_RACE(ProducerConsumerUnbuffered) {
  struct task {
    void (*f)(int&);
    int* x;
    chan<bool> done;
  };
  auto& queue = channel<task>();
  goro::go([&] {
    task t = *queue.recv();
    t.f(*t.x);
    t.done.send(true);
  });
  auto& x = leaked(0);
  auto done = make_chan<bool>(1);
  queue.send({[](int& y) { y = 1; }, &x, done});
  done.recv();
  use(x);
}
RACE(ChanItselfSend) {
  auto& c = channel<int>(10);
  beside([&] { c.send(0); }, [&] { c = make_chan<int>(20); });
}
TIMED_RACE(ChanItselfRecv) {
  auto& c = channel<int>(10);
  c.send(1);
  auto& done = channel<bool>(1);
  goro::go([&] {
    c.recv();
    done.send(true);
  });
  goro::sleep(10ms);
  const auto other = make_chan<int>(20);
  other.send(1);  // on a loaded machine the goroutine may come later
  c = other;
  done.recv();
}
TIMED_RACE(ChanItselfNil) {
  auto& c = channel<int>(10);
  goro::go([&] { c.send(0); });
  goro::sleep(10ms);
  c = chan<int>();
}
RACE(ChanItselfClose) {
  auto& c = channel<int>();
  beside([&] { c.close(); }, [&] { c = make_chan<int>(); });
}
RACE(ChanItselfLen) {
  auto& c = channel<int>();
  beside([&] { use(c.size()); }, [&] { c = make_chan<int>(); });
}
RACE(ChanItselfCap) {
  auto& c = channel<int>();
  beside([&] { use(c.capacity()); }, [&] { c = make_chan<int>(); });
}
NO_RACE(ChanCloseLen) {
  auto& c = channel<int>(10);
  both([&] { use(c.size()); }, [&] { c.close(); });
}
NO_RACE(ChanCloseCap) {
  auto& c = channel<int>(10);
  both([&] { use(c.capacity()); }, [&] { c.close(); });
}
RACE(ChanCloseSend) {
  auto& c = channel<int>(10);
  beside([&] { c.close(); }, [&] { recovered([&] { c.send(0); }); });
}
NO_RACE(ChanMutex) {
  auto& mtx = channel<void>(1);
  auto& data = leaked(0);
  const auto locked = [&](int value) {
    mtx.send();
    data = value;
    mtx.recv();
  };
  beside([&] { locked(42); }, [&] { locked(43); });
}
NO_RACE(SelectMutex) {
  auto& mtx = channel<void>(1);
  auto& aux = channel<bool>();
  auto& data = leaked(0);
  const auto locked = [&](int value) {
    goro::select(goro::send_case(mtx), goro::recv_case(aux));
    data = value;
    goro::select(goro::recv_case(mtx), goro::recv_case(aux));
  };
  beside([&] { locked(42); }, [&] { locked(43); });
}
RACE(ChanSem) {
  auto& mtx = channel<bool>(2);
  auto& data = leaked(0);
  const auto entered = [&](int value) {
    mtx.send(true);
    data = value;
    mtx.recv();
  };
  beside([&] { entered(42); }, [&] { entered(43); });
}
NO_RACE(ChanWaitGroup) {
  constexpr int n = 10;
  auto& places = channel<bool>(n / 2);
  auto& data = leaked(std::vector<int>(n));
  for (int i = 0; i < n; ++i) {
    places.send(true);
    goro::go([&, i] {
      data[static_cast<std::size_t>(i)] = 42;
      places.recv();
    });
  }
  for (std::size_t i = 0; i < places.capacity(); ++i) {
    places.send(true);
  }
  for (const int d : data) {
    use(d);
  }
}
NO_RACE(BlockedSendSync) {
  auto& c = channel<int*>(1);
  c.send(nullptr);
  goro::go([&] { c.send(new int(42)); });
  goro::sleep(10ms);
  c.recv();
  use(**c.recv());
}
NO_RACE(BlockedSelectSendSync) {
  auto& c = channel<int*>(1);
  auto& never = channel<int>();
  c.send(nullptr);
  goro::go([&] { c.send(new int(42)); });
  goro::sleep(10ms);
  c.recv();
  goro::select(goro::recv_case(c, [](std::optional<int*> p) { use(**p); }), goro::recv_case(never));
}
NO_RACE(CloseHappensBeforeRead) {
  for (int i = 0; i < 100; ++i) {
    auto& loc = leaked(0);
    auto &write = channel<void>(), &read = channel<void>();
    goro::go([&] {
      goro::select(goro::recv_case(write, [&](bool) { use(loc); }), goro::default_case());
      read.close();
    });
    goro::go([&] {
      loc = 1;
      write.close();
    });
    read.recv();
  }
}
NO_RACE(ElemSize0) {
  auto &x = leaked(0), &y = leaked(0);
  auto& c = channel<void>(2);
  c.send();
  c.send();
  goro::go([&] {
    x += 1;
    c.recv();
  });
  goro::go([&] {
    y += 1;
    c.recv();
  });
  goro::sleep(10ms);
  c.send();
  c.send();
  x += 1;
  y += 1;
}
}  // namespace race_cases
