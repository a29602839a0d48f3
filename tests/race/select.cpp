// Twins of select_test.go, issue12664_test.go, regression_test.go, rangefunc_test.go, finalizer_test.go, io_test.go.
#include <atomic>
#include <cstdio>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "cases.hpp"

namespace race_cases {

NO_RACE(Select1) {
  auto& x = leaked(0);
  auto &done = channel<bool>(), &c = channel<bool>(), &c1 = channel<bool>();
  goro::go([&] {
    x = 1;
    goro::select(goro::send_case(c, true), goro::send_case(c1, true));
    done.send(true);
  });
  goro::select(goro::recv_case(c), goro::send_case(c1, true));
  x = 2;
  done.recv();
}
NO_RACE(Select2) {
  auto& x = leaked(0);
  auto &done = channel<bool>(), &c = channel<bool>(), &c1 = channel<bool>();
  goro::go([&] {
    goro::select(goro::recv_case(c), goro::recv_case(c1));
    x = 1;
    done.send(true);
  });
  x = 2;
  c.close();
  goro::yield();
  done.recv();
}
NO_RACE(Select3) {
  auto& x = leaked(0);
  auto &done = channel<bool>(), &c = channel<bool>(10), &c1 = channel<bool>();
  goro::go([&] {
    x = 1;
    goro::select(goro::send_case(c, true), goro::recv_case(c1));
    done.send(true);
  });
  c.recv();
  x = 2;
  done.recv();
}
NO_RACE(Select4) {
  struct task {
    int* x;
    chan<bool> done;
  };
  auto& queue = channel<task>();
  auto& dummy = channel<bool>();
  goro::go([&] {
    for (;;) {
      goro::select(goro::recv_case(queue, [](std::optional<task> t) {
        *t->x = 1;
        t->done.send(true);
      }));
    }
  });
  auto& x = leaked(0);
  auto done = make_chan<bool>(1);
  goro::select(goro::send_case(queue, task{&x, done}), goro::recv_case(dummy));
  goro::select(goro::recv_case(done), goro::recv_case(dummy));
  use(x);
}
NO_RACE(Select5) {
  for (const bool by_select : {true, false}) {
    for (const bool yields : {true, false}) {
      auto& x = leaked(0);
      auto &ch = channel<bool>(), &c1 = channel<bool>();
      both(
          [&, by_select, yields] {
            if (yields) {
              goro::yield();
            }
            x = 1;
            if (by_select) {
              goro::select(goro::send_case(ch, true), goro::recv_case(c1));
            } else {
              ch.send(true);
            }
          },
          [&, by_select] {
            if (by_select) {
              goro::select(goro::recv_case(ch), goro::recv_case(c1));
            } else {
              ch.recv();
            }
            x = 1;
          });
    }
  }
}
RACE(Select1) {
  auto& x = leaked(0);
  auto &c = channel<bool>(), &c1 = channel<bool>();
  goro::go([&] {
    c.recv();
    c.recv();
  });
  const auto f = [&] {
    goro::select(goro::send_case(c, true), goro::send_case(c1, true));
    x = 1;
  };
  both(f, f);
}
RACE(Select2) {
  auto& x = leaked(0);
  auto &done = channel<bool>(), &c = channel<bool>(), &c1 = channel<bool>();
  goro::go([&] {
    x = 1;
    goro::select(goro::recv_case(c), goro::recv_case(c1));
    done.send(true);
  });
  c.close();
  x = 2;
  done.recv();
}
RACE(Select3) {
  auto& x = leaked(0);
  auto &done = channel<bool>(), &c = channel<bool>(), &c1 = channel<bool>();
  goro::go([&] {
    x = 1;
    goro::select(goro::send_case(c, true), goro::send_case(c1, true));
    done.send(true);
  });
  x = 2;
  goro::select(goro::recv_case(c));
  done.recv();
}
RACE(Select4) {
  auto& x = leaked(0);
  beside([&] { goro::select(goro::default_case([&] { x = 2; })); }, [&] { use(x); });
}
RACE(Select5) {
  auto &x = leaked(0), &y = leaked(0);
  auto &c1 = channel<bool>(1), &c2 = channel<bool>();
  beside([&] { goro::select(goro::send_case(c1, true, [&] { x = 1; }), goro::send_case(c2, true, [&] { y = 1; })); },
         [&] {
           use(x);
           use(y);
         });
}

// issue12664_test.go: globals. ---------------------------------------------------------------------------------------

namespace {
std::string global_text = "hi";
int global_2 = 0, global_3 = 0, global_4 = 0;
struct number {
  virtual ~number() = default;
  int n = 0;
};
}  // namespace

RACE(Issue12664) {
  auto& c = channel<void>();
  goro::go([&] {
    global_text = "bye";
    c.close();
  });
  std::printf("%s\n", global_text.c_str());
  c.recv();
}
RACE(Issue12664_2) {
  auto& c = channel<void>();
  goro::go([&] {
    global_2 = 1;
    c.close();
  });
  [](int x) { use(x); }(global_2);
  c.recv();
}
RACE(Issue12664_3) {
  auto& c = channel<void>();
  goro::go([&] {
    global_3 = 1;
    c.close();
  });
  const auto any = std::make_shared<int>(0);
  global_3 = *any;
  c.recv();
}
RACE(Issue12664_4) {
  auto& c = channel<void>();
  goro::go([&] {
    global_4 = 1;
    c.close();
  });
  const std::unique_ptr<number> any = std::make_unique<number>();
  global_4 = dynamic_cast<number&>(*any).n;
  c.recv();
}

// regression_test.go -------------------------------------------------------------------------------------------------

NO_RACE(StackPushPop) {
  auto& s = leaked(std::vector<int>());
  goro::go([](std::vector<int>*) {}, &s);
  s.push_back(1);
  use(s.back());
  s.pop_back();
}
namespace {
int calls_of_make = 0;
[[gnu::noinline]] chan<bool> make_full_channel() {
  calls_of_make++;
  auto c = make_chan<bool>(1);
  c.send(true);
  return c;
}
}  // namespace
NO_RACE(RpcChan) { use(make_full_channel().recv()); }
namespace {
[[gnu::noinline]] int return_beside_reader(chan<int>& c, int& a) {
  a = 42;
  goro::go([&] {
    use(a);
    c.send(1);
  });
  return 10;
}
}  // namespace
NO_RACE(Return) {
  auto& c = channel<int>();
  use(return_beside_reader(c, leaked(0)));
  c.recv();
}
NO_RACE(ForInfiniteLoop) {
  struct foo {
    bool b = false;
  };
  while (std::make_unique<foo>()->b) {
  }
}
// A map of maps: the length of the inner one. (TestRaceUnaddressableMapLen.)
RACE(UnaddressableMapLen) {
  auto& m = leaked(std::vector<std::vector<int>>(1));
  beside([&] { use(m[0].size()); }, [&] { m[0].push_back(1); });
}

// rangefunc_test.go: an iterator that calls its body from two goroutines. ---------------------------------------------

namespace {
// False from `body` ends the loop; `stopped` is the loop's own note of it.
template <class Body>
void from_two_goroutines(Body body) {
  const auto half = [body](int first) {
    return [=] {
      for (int i = first; i < first + 5; ++i) {
        if (!body(i)) {
          break;
        }
      }
    };
  };
  both(half(0), half(5));
}
void sum_until(int stop_at) {
  auto& sum = *new std::atomic<long>(0);
  auto& stopped = leaked(false);
  from_two_goroutines([&, stop_at](int i) {
    if (i % 5 == stop_at) {
      stopped = true;
      return false;
    }
    sum += i;
    goro::yield();
    return true;
  });
}
}  // namespace
RACE(RangeFuncIterator) { sum_until(4); }
NO_RACE(RangeFuncIterator) { sum_until(5); }

// finalizer_test.go: what runs at the end of an object; here the deleter of a shared_ptr, run by its last owner. ------

NO_RACE(Fin) {
  auto& c = channel<bool>();
  goro::go([&] {
    std::shared_ptr<std::string> x(new std::string, [](std::string* s) { *s = "foo"; });
    *x = "bar";
    c.send(true);
  });
  c.recv();
}
NO_RACE(FinGlobal) {
  static goro::mutex lock;
  static int count = 0;
  auto& c = channel<bool>();
  goro::go([&] {
    const std::shared_ptr<int> x(new int, [](int*) {
      const std::lock_guard guard(lock);
      count++;
    });
    c.send(true);
  });
  c.recv();
  const std::lock_guard guard(lock);
  count++;
}
TIMED_RACE(Fin) {
  auto& c = channel<bool>(1);
  auto& y = leaked(0);
  goro::go([&] {
    const std::shared_ptr<int> x(new int, [&](int*) { y = 42; });
    c.send(true);
  });
  c.recv();
  y = 66;
  goro::sleep(10ms);
}
NO_RACE(Cleanup) {
  auto& c = channel<bool>();
  auto& y = leaked(std::string());
  goro::go([&] {
    const std::shared_ptr<int> x(new int, [&](int*) { y = "foo"; });
    y = "bar";
    c.send(true);
  });
  c.recv();
}

// io_test.go: a file orders nothing for C++ programs' memory, so the write is announced by the lock of the file's
// directory entry: Go's runtime makes edges of Write and Read of one file; goro's users have none, see README.md.
// cgo_test.go: foreign code.

NO_RACE(CgoSync) {
  auto& x = leaked(0);
  auto& done = channel<bool>();
  std::thread other([&] {
    x = 1;
    done.send(true);
  });
  // A bubble does not count on threads; but it waits for who is inside blocking().
  goro::go([other = std::move(other)]() mutable { goro::blocking([&] { other.join(); }); });
  done.recv();
  x = 2;
}
}  // namespace race_cases
