// Twins of mop_test.go: accesses of every kind of variable.
#include <any>
#include <array>
#include <atomic>
#include <complex>
#include <cstdint>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <tuple>

#include "cases.hpp"

namespace race_cases {
namespace {

struct point {
  long x = 0, y = 0;
};
struct named_point {
  std::string name;
  point p;
};
struct writer {
  virtual ~writer() = default;
  virtual int write(long n) const { return static_cast<int>(n); }
};
struct dummy_writer : writer {
  explicit dummy_writer(int s = 0) : state(s) {}
  int state;
};

long global_x = 0, global_y = 0;

}  // namespace

RACE(IntRWGlobalFuncs) {
  both([] { global_y = global_x; }, [] { global_x = 1; });
}
RACE(IntRWClosures) {
  auto &x = leaked(0L), &y = leaked(0L);
  both([&] { y = x; }, [&] { x = 1; });
}
NO_RACE(IntRWClosures) {
  auto &x = leaked(0L), &y = leaked(0L);
  auto& ch = channel<int>(1);
  goro::go([&] {
    y = x;
    ch.send(1);
  });
  ch.recv();
  goro::go([&] {
    x = 1;
    ch.send(1);
  });
  ch.recv();
}
RACE(Int32RWClosures) {
  auto &x = leaked<std::int32_t>(0), &y = leaked<std::int32_t>(0);
  both([&] { y = x; }, [&] { x = 1; });
}
NO_RACE(Case) {
  auto& y = leaked(0);
  for (int x = -1; x <= 1; ++x) {
    y = x < 0 ? -1 : x == 0 ? 0 : 1;
  }
  ++y;
}
RACE(CaseCondition) {
  auto& x = leaked(0);
  both([&] { x = 2; },
       [&] {
         switch (static_cast<int>(x < 2)) {
           case 1:
             x = 1;
         }
       });
}
RACE(CaseCondition2) {
  auto& x = leaked(0);
  both([&] { x = 2; },
       [&] {
         switch (static_cast<int>(x < 2)) {
           case 1:
             x = 1;
             break;
           case 0:
             x = 5;
         }
       });
}
RACE(CaseBody) {
  auto &x = leaked(0), &y = leaked(0);
  both([&] { y = x; },
       [&] {
         if (x == 100) {
           x = -x;
         } else {
           x = 1;
         }
       });
}
NO_RACE(CaseFallthrough) {
  auto &x = leaked(0), &y = leaked(0), &z = leaked(1);
  both([&] { y = x; },
       [&] {
         switch (z) {
           case 1:
             break;
           case 2:
             x = 2;
         }
       });
}
RACE(CaseFallthrough) {
  auto &x = leaked(0), &y = leaked(0), &z = leaked(1);
  both([&] { y = x; },
       [&] {
         switch (z) {
           case 1:
             [[fallthrough]];
           case 2:
             x = 2;
         }
       });
}
RACE(CaseType) {
  auto& i = leaked(std::any(0));
  beside([&] { use(i.has_value()); }, [&] { i = std::any(1); });
}
RACE(CaseTypeBody) {
  auto &x = leaked(0), &y = leaked(0);
  auto& i = leaked(std::any(&x));
  beside(
      [&] {
        if (int** p = std::any_cast<int*>(&i)) {
          **p = y;
        }
      },
      [&] { x = y; });
}
NO_RACE(Range) {
  auto& ch = channel<int>(3);
  for (const int v : {1, 2, 3}) {
    ch.send(v);
  }
  ch.close();
}
NO_RACE(RangeIssue5446) {
  auto& ch = channel<int>(3);
  auto& a = leaked(std::vector<int>{1, 2, 3});
  for (const int v : {4}) {
    a[1] = v;
    ch.send(0);
  }
  ch.close();
}
RACE(Range) {
  auto &x = leaked(0), &y = leaked(0), &v = leaked(0);
  auto& done = channel<bool>(2);
  for (int i = 0; i < 2; ++i) {
    v = i;
    goro::go([&, i] {
      (i == 0 ? x : y) = v;
      done.send(true);
    });
    goro::yield();
  }
  done.recv();
  done.recv();
}
RACE(ForInit) {
  auto& c = channel<int>();
  auto& x = leaked(0);
  goro::go([&] { c.send(x); });
  for (x = 42; false;) {
  }
  c.recv();
}
NO_RACE(ForInit) {
  auto& done = channel<bool>();
  auto& c = channel<bool>();
  auto& x = leaked(0);
  goro::go([&] {
    while (c.recv()) {
      x++;
    }
    done.send(true);
  });
  int i = 0;
  for (x = 42; i < 10; ++i) {
    c.send(true);
  }
  c.close();
  done.recv();
}
RACE(ForTest) {
  auto& done = channel<bool>();
  auto& c = channel<bool>();
  auto& stop = leaked(false);
  goro::go([&] {
    while (c.recv()) {
      stop = true;
    }
    done.send(true);
  });
  while (!stop) {
    c.send(true);
  }
  c.close();
  done.recv();
}
RACE(ForIncr) {
  auto& done = channel<bool>();
  auto& c = channel<bool>();
  auto& x = leaked(0);
  goro::go([&] {
    while (c.recv()) {
      x++;
    }
    done.send(true);
  });
  for (int i = 0; i < 10; x++) {
    i++;
    c.send(true);
  }
  c.close();
  done.recv();
}
NO_RACE(ForIncr) {
  auto& x = leaked(0);
  beside([&] { x++; },
         [&] {
           for (int i = 0; i < 0; x++) {
           }
         });
}
RACE(Plus) {
  auto &x = leaked(0), &y = leaked(0), &z = leaked(0);
  both([&] { y = x + z; }, [&] { y = x + z + z; });
}
RACE(Plus2) {
  auto &x = leaked(0), &y = leaked(0), &z = leaked(0);
  both([&] { x = 1; }, [&] { y = +x + z; });
}
NO_RACE(Plus) {
  auto &x = leaked(0), &y = leaked(0), &z = leaked(0), &f = leaked(0);
  both([&] { y = x + z; }, [&] { f = z + x; });
}
RACE(Complement) {
  auto &x = leaked(0), &y = leaked(0), &z = leaked(0);
  both([&] { x = ~y; }, [&] { y = ~z; });
}
RACE(Div) {
  auto &x = leaked(0), &y = leaked(0), &z = leaked(0);
  both([&] { x = y / (z + 1); }, [&] { y = z; });
}
RACE(DivConst) {
  auto &x = leaked(0U), &y = leaked(0U), &z = leaked(0U);
  both([&] { x = y / 3; }, [&] { y = z; });
}
RACE(Mod) {
  auto &x = leaked(0), &y = leaked(0), &z = leaked(0);
  both([&] { x = y % (z + 1); }, [&] { y = z; });
}
RACE(ModConst) {
  auto &x = leaked(0), &y = leaked(0), &z = leaked(0);
  both([&] { x = y % 3; }, [&] { y = z; });
}
RACE(Rotate) {
  auto &x = leaked(0U), &y = leaked(0U), &z = leaked(0U);
  both([&] { x = y << 12 | y >> 20; }, [&] { y = z; });
}
NO_RACE(EnoughRegisters) {
  auto &s = leaked(3.1415), &t = leaked(0.0);
  t = 1 + s * (1 + s * (2 + s * (3 + s * (4 + s * (5 + s * (6 + s * (7 + s * 8)))))));
  s = t;
}

namespace {
[[gnu::noinline]] void empty_function(int x) { asm volatile("" : : "r"(x)); }
}  // namespace

RACE(FuncArgument) {
  auto& x = leaked(0);
  beside([&] { empty_function(x); }, [&] { x = 1; });
}
RACE(FuncArgument2) {
  auto& x = leaked(0);
  auto& ch = channel<bool>(2);
  goro::go([&] {
    x = 42;
    ch.send(true);
  });
  goro::go([&](int) { ch.send(true); }, x);
  ch.recv();
  ch.recv();
}
RACE(Sprint) {
  auto& x = leaked(0);
  beside([&] { use(std::to_string(x)); }, [&] { x = 1; });
}
RACE(ArrayCopy) {
  auto& a = leaked(std::array<int, 5>{});
  beside([&] { a[3] = 1; }, [&] { a = {1, 2, 3, 4, 5}; });
}
RACE(NestedArrayCopy) {
  using big = std::array<std::array<std::array<point, 16>, 16>, 16>;
  auto &a = leaked(big{}), &b = leaked(big{});
  beside([&] { a[0][15][7].y = 1; }, [&] { a = b; });
}
RACE(StructRW) {
  auto& p = leaked(point{});
  beside([&] { p = {1, 1}; }, [&] { use(p); });
}
RACE(StructFieldRW1) {
  auto& p = leaked(point{});
  beside([&] { p.x = 1; }, [&] { use(p.x); });
}
NO_RACE(StructFieldRW1) {
  auto& p = leaked(point{});
  beside([&] { p.x = 1; }, [&] { p.y = 1; });
  use(p);
}
NO_RACE(StructFieldRW2) {
  point* p = new point;
  beside([=] { p->x = 1; }, [=] { p->y = 1; });
  use(*p);
}
RACE(StructFieldRW2) {
  point* p = new point;
  beside([=] { p->x = 1; }, [=] { use(p->x); });
}
RACE(StructFieldRW3) {
  auto& p = leaked(named_point{"a", {}});
  beside([&] { p.p.x = 1; }, [&] { use(p.p.x); });
}
RACE(EfaceWW) {
  auto& a = leaked(std::any());
  beside([&] { a = 1; }, [&] { a = 2; });
}
RACE(IfaceWW) {
  auto& a = leaked(std::shared_ptr<writer>());
  beside([&] { a = std::make_shared<dummy_writer>(1); }, [&] { a = std::make_shared<dummy_writer>(2); });
}
RACE(IfaceCmp) {
  auto &a = leaked(std::shared_ptr<writer>(new dummy_writer(1))), &b = leaked(std::shared_ptr<writer>());
  beside([&] { a = std::make_shared<dummy_writer>(1); }, [&] { use(a == b); });
}
RACE(IfaceCmpNil) {
  auto& a = leaked(std::shared_ptr<writer>(new dummy_writer(1)));
  beside([&] { a = std::make_shared<dummy_writer>(1); }, [&] { use(a == nullptr); });
}
RACE(EfaceConv) {
  auto& v = leaked(0);
  beside([&] { goro::go([](const std::any&) {}, v); }, [&] { v = 42; });
}
RACE(IfaceConv) {
  auto& f = leaked<writer*>(new dummy_writer);
  beside([&] { goro::go([](writer*) {}, f); }, [&] { f = new dummy_writer; });
}
RACE(Error) {
  auto& error = leaked(std::error_code());
  beside([&] { error = std::error_code(); }, [&] { use(error); });
}
RACE(IntptrRW) {
  auto &x = leaked(0), &y = leaked(0);
  int* p = &x;
  beside([=] { *p = 5; }, [&] { y = *p; });
}
RACE(StringRW) {
  auto& s = leaked(std::string());
  beside([&] { s = "abacaba"; }, [&] { use(s); });
}
RACE(StringPtrRW) {
  auto* p = new std::string;
  beside([=] { *p = "a"; }, [=] { use(*p); });
}
RACE(Float64WW) {
  auto& x = leaked(0.0);
  beside([&] { x = 1.0; }, [&] { x = 2.0; });
}
RACE(Complex128WW) {
  auto& x = leaked(std::complex<double>());
  beside([&] { x = {2, 2}; }, [&] { x = {4, 4}; });
}
RACE(UnsafePtrRW) {
  auto &x = leaked(1), &y = leaked(2), &z = leaked(3);
  auto& p = leaked<void*>(&x);
  beside([&] { p = &z; }, [&] { y = *static_cast<int*>(p); });
}
RACE(FuncVariableRW) {
  auto& f = leaked(std::function<int(int)>([](int x) { return x * x; }));
  beside([&] { f = [](int x) { return x; }; }, [&] { use(f(1)); });
}
RACE(FuncVariableWW) {
  auto& f = leaked(std::function<int(int)>());
  beside([&] { f = [](int x) { return x; }; }, [&] { f = [](int x) { return x * x; }; });
}
RACE(Panic) {
  auto& x = leaked(0);
  const auto thrower = [&x](int value) {
    return [&x, value] {
      try {
        throw std::runtime_error("divide");
      } catch (const std::exception&) {
        x = value;
      }
    };
  };
  both(thrower(1), thrower(2));
}
NO_RACE(Blank) {
  auto& a = leaked(std::array<int, 5>{});
  beside(
      [&] {
        use(a[0]);
        use(a[1]);
      },
      [&] {
        use(a[2]);
        use(a[3]);
      });
  a[1] = a[0];
}
RACE(AppendRW) {
  auto& a = leaked(std::vector<int>(10));
  beside(
      [&] {
        auto b = a;
        b.push_back(1);
      },
      [&] { a[0] = 1; });
}
RACE(AppendLenRW) {
  auto& a = leaked(std::vector<int>());
  beside([&] { a.push_back(1); }, [&] { use(a.size()); });
}
RACE(AppendCapRW) {
  auto& a = leaked(std::vector<int>());
  beside([&] { a.push_back(1); }, [&] { use(a.capacity()); });
}
NO_RACE(FuncArgsRW) {
  auto& x = leaked<char>(0);
  auto& ch = channel<char>(1);
  goro::go(
      [&](char y) {
        use(y);
        ch.send(0);
      },
      x);
  x = 1;
  ch.recv();
}
RACE(FuncArgsRW) {
  auto& x = leaked<char>(0);
  auto& ch = channel<char>(1);
  goro::go(
      [&](char* y) {
        use(*y);
        ch.send(0);
      },
      &x);
  x = 1;
  ch.recv();
}
RACE(Crawl) {
  auto& seen = leaked(std::array<bool, 256>{});  // a map in Go; here a race must not damage anything
  auto& wg = *new goro::wait_group;
  auto& crawl = leaked(std::function<void(std::string, int)>());
  crawl = [&](const std::string& url, int depth) {
    seen[static_cast<unsigned char>(url[0])] = true;
    if (depth > 0) {
      for (const char* next : {"a", "b", "c"}) {
        wg.add(1);
        goro::go([&, next, depth] { crawl(next, depth - 1); });
      }
    }
    wg.done();
  };
  wg.add(1);
  goro::go([&] { crawl("dummyurl", 2); });
  wg.wait();
}
RACE(Indirection) {
  auto& y = leaked(0);
  int* x = &y;
  beside([=] { *x = 1; }, [=] { *x = 2; });
  use(*x);
}
RACE(Rune) {
  auto& x = leaked<char32_t>(0);
  beside([&] { x = 1; }, [&] { use(x); });
}
RACE(EmptyInterface1) {
  auto& x = leaked(std::any(1));
  beside([&] { x.reset(); }, [&] { use(x.has_value()); });
}
RACE(EmptyInterface2) {
  auto& x = leaked(std::any());
  beside([&] { x = point{}; }, [&] { use(x.has_value()); });
}
RACE(TLS) {
  auto& comm = channel<int*>();
  both(
      [&] {
        auto& x = leaked(0);
        comm.send(&x);
        x = 1;
        x = **comm.recv();
      },
      [&] {
        int* p = *comm.recv();
        *p = 2;
        comm.send(p);
      });
}
NO_RACE(HeapReallocation) {
  auto& done = channel<bool>(2);
  for (int i = 0; i < 2; ++i) {
    goro::go([&, i] {
      goro::sleep(std::chrono::milliseconds(i));
      auto x = std::make_unique<int>();
      *x = i;
      mention(x.get());
      done.send(true);
    });
  }
  done.recv();
  done.recv();
}
RACE(And) {
  auto &x = leaked(0), &y = leaked(0);
  beside([&] { x = 1; }, [&] { use(x == 1 && y == 1); });
}
RACE(And2) {
  auto &x = leaked(0), &y = leaked(0);
  beside([&] { x = 1; }, [&] { use(y == 0 && x == 1); });
}
NO_RACE(And) {
  auto &x = leaked(0), &y = leaked(0);
  beside([&] { x = 1; }, [&] { use(y == 1 && x == 1); });
}
RACE(Or) {
  auto &x = leaked(0), &y = leaked(0);
  beside([&] { x = 1; }, [&] { use(x == 1 || y == 1); });
}
RACE(Or2) {
  auto &x = leaked(0), &y = leaked(0);
  beside([&] { x = 1; }, [&] { use(y == 1 || x == 1); });
}
NO_RACE(Or) {
  auto &x = leaked(0), &y = leaked(0);
  beside([&] { x = 1; }, [&] { use(y == 0 || x == 1); });
}
NO_RACE(ShortCalc) {
  auto &x = leaked(0), &y = leaked(0);
  beside([&] { y = 1; }, [&] { use(x == 0 || y == 0); });
}
NO_RACE(ShortCalc2) {
  auto &x = leaked(0), &y = leaked(0);
  beside([&] { y = 1; }, [&] { use(x == 1 && y == 0); });
}
RACE(FuncItself) {
  auto& f = leaked(std::function<void()>([] {}));
  beside([&] { f(); }, [&] { f = [] {}; });
}
NO_RACE(FuncUnlock) {
  auto& mu = *new goro::mutex;
  auto& x = leaked(0);
  beside(
      [&] {
        mu.lock();
        x = 42;
        mu.unlock();
      },
      [&] {
        x = [&] {
          mu.lock();
          return 43;
        }();
        mu.unlock();
      });
}
RACE(StructInit) {
  auto& y = leaked(0L);
  beside([&] { y = 42; },
         [&] {
           const point p{y, 0};
           use(p);
         });
}
RACE(ArrayInit) {
  auto& y = leaked(0);
  beside([&] { y = 42; },
         [&] {
           const std::vector<int> x = {0, y, 42};
           use(x[0]);
         });
}

namespace {
struct inter {
  virtual ~inter() = default;
  virtual void foo(int) const = 0;
};
struct inter_impl : inter {
  void foo(int) const override {}
  long x = 0, y = 0;
};
struct plain_impl {
  long x = 0, y = 0;
  [[gnu::noinline]] void by_value(int) const { use(*this); }
  [[gnu::noinline]] void by_address(int) { mention(this); }
};
}  // namespace

RACE(InterCall) {
  auto& x = leaked<inter*>(new inter_impl);
  beside([&] { x = new inter_impl; }, [&] { x->foo(0); });
}
RACE(InterCall2) {
  auto& x = leaked<inter*>(new inter_impl);
  auto& z = leaked(0);
  beside([&] { z = 42; }, [&] { x->foo(z); });
}
RACE(FuncCall) {
  auto& y = leaked(0);
  const auto f = [](int, int b) { use(b); };
  beside([&] { y = 42; }, [&] { f(0, y); });
}
RACE(MethodCall) {
  auto& i = leaked(plain_impl{});
  auto& x = leaked(0);
  beside([&] { x = 42; }, [&] { i.by_value(x); });
}
RACE(MethodCall2) {
  auto& i = leaked<plain_impl*>(new plain_impl);
  beside([&] { i = new plain_impl; }, [&] { i->by_value(0); });
}
RACE(MethodValue) {
  auto& i = leaked(plain_impl{});
  beside([&] { i = plain_impl{}; },
         [&] {
           const auto bound = std::bind(&plain_impl::by_value, i, 0);
           mention(&bound);
         });
}
RACE(MethodValue2) {
  auto& i = leaked<inter*>(new inter_impl);
  beside([&] { i = new inter_impl; },
         [&] {
           const auto bound = std::bind(&inter::foo, i, 0);
           mention(&bound);
         });
}
RACE(MethodValue3) {
  plain_impl* i = new plain_impl;
  beside([=] { *i = plain_impl{}; },
         [=] {
           const auto bound = std::bind(&plain_impl::by_value, *i, 0);
           mention(&bound);
         });
}
NO_RACE(MethodValue) {
  auto& i = leaked(plain_impl{});
  beside([&] { i = plain_impl{}; },
         [&] {
           const auto bound = std::bind(&plain_impl::by_address, &i, 0);
           mention(&bound);
         });
}
RACE(PanicArg) {
  auto& error = leaked(std::make_shared<int>(1));
  beside([&] { error = std::make_shared<int>(2); },
         [&] {
           try {
             throw error;
           } catch (const std::shared_ptr<int>&) {
           }
         });
}
RACE(DeferArg) {
  auto& x = leaked(0);
  beside([&] { x = 42; }, [&] { goro::defer last([copy = x] { use(copy); }); });
}
RACE(DeferArg2) {
  auto& x = leaked(plain_impl{});
  beside([&] { x = plain_impl{}; }, [&] { goro::defer last([copy = x] { copy.by_value(0); }); });
}
NO_RACE(AddrExpr) {
  auto& x = leaked(0);
  beside([&] { x = 42; }, [&] { mention(&x); });
}
RACE(AddrExpr) {
  struct inner {
    char pad[256];
    int x;
  };
  struct outer {
    char pad[512];
    inner* p;
  };
  auto& a = leaked(outer{{}, new inner});
  beside([&] { a.p = new inner; }, [&] { mention(&a.p->x); });
}
RACE(TypeAssert) {
  auto& i = leaked(std::any(0));
  beside([&] { i = 1; }, [&] { use(std::any_cast<int>(i)); });
}
RACE(BlockAs) {
  auto &x = leaked(0), &y = leaked(0);
  beside([&] { x = 42; }, [&] { std::swap(x, y); });
}
#define RACE_BLOCK_CALL(name, type_x, type_y, value_x, value_y, read) \
  RACE(name) {                                                        \
    auto& x = leaked<type_x>({});                                     \
    auto& y = leaked<type_y>({});                                     \
    auto& done = channel<bool>();                                     \
    goro::go([&] {                                                    \
      std::tie(x, y) = std::pair<type_x, type_y>(value_x, value_y);   \
      done.send(true);                                                \
    });                                                               \
    use(read);                                                        \
    done.recv();                                                      \
  }
RACE_BLOCK_CALL(BlockCall1, int, int, 42, 43, x)
RACE_BLOCK_CALL(BlockCall2, int, int, 42, 43, y)
RACE_BLOCK_CALL(BlockCall3, int*, int, new int(42), 43, x)
RACE_BLOCK_CALL(BlockCall4, int, int*, 42, new int(43), y)
RACE_BLOCK_CALL(BlockCall5, int*, int, new int(42), 43, y)
RACE_BLOCK_CALL(BlockCall6, int, int*, 42, new int(43), x)

RACE(SliceSlice) {
  auto& x = leaked(std::vector<int>(10));
  beside([&] { x = std::vector<int>(20); }, [&] { mention(x.data() + 2); });
}
RACE(SliceSlice2) {
  auto& x = leaked(std::vector<int>(10));
  auto& i = leaked(2);
  beside([&] { i = 3; }, [&] { mention(x.data() + i); });
}
RACE(SliceString) {
  auto& x = leaked(std::string("hello"));
  beside([&] { x = "world"; }, [&] { use(x.substr(2, 1)); });
}
RACE(SliceStruct) {
  auto& x = leaked(std::vector<point>(10));
  beside(
      [&] {
        std::vector<point> y(10);
        std::copy(x.begin(), x.end(), y.begin());
      },
      [&] { x[1].y = 42; });
}
RACE(AppendSliceStruct) {
  auto& x = leaked(std::vector<point>(10));
  beside(
      [&] {
        std::vector<point> y;
        y.insert(y.end(), x.begin(), x.end());
      },
      [&] { x[1].y = 42; });
}
RACE(StructInd) {
  auto& i = leaked(point{});
  point* p = &i;
  beside([=] { *p = point{}; }, [&] { i.y = 42; });
}
RACE(AsFunc1) {
  auto& s = leaked(std::vector<char>());
  beside([&] { s = [] { return std::vector<char>{'h', 'e'}; }(); }, [&] { use(std::string(s.begin(), s.end())); });
}
RACE(AsFunc2) {
  auto& x = leaked(0);
  beside([&] { [](int y) { use(y); }(x); }, [&] { x = 42; });
}
RACE(AsFunc3) {
  auto& mu = *new goro::mutex;
  auto& x = leaked(0);
  beside(
      [&] {
        [&](int y) {
          use(y);
          mu.lock();
        }(x);
        mu.unlock();
      },
      [&] {
        mu.lock();
        x = 42;
        mu.unlock();
      });
}
NO_RACE(AsFunc4) {
  auto& mu = *new goro::mutex;
  auto& x = leaked(0);
  beside(
      [&] {
        x = [&] {
          mu.lock();
          return 42;
        }();
        mu.unlock();
      },
      [&] {
        mu.lock();
        x = 42;
        mu.unlock();
      });
}
RACE(HeapParam) {
  auto& done = channel<bool>();
  auto& x = leaked(0);
  goro::go([&] {
    x = 42;
    done.send(true);
  });
  use(x);
  done.recv();
}
NO_RACE(EmptyStruct) {
  struct empty {};
  struct with_empty {
    long y = 0;
    [[no_unique_address]] empty e;
  };
  struct outer {
    with_empty x;
    long y = 0;
  };
  auto& y = leaked(outer{});
  beside([&] { use(y.x); }, [&] { y.y = 42; });
}
RACE(NestedStruct) {
  struct outer {
    point x;
  };
  auto& y = leaked(outer{});
  beside([&] { use(y); }, [&] { y.x.y = 42; });
}

namespace {
// A reader fills one buffer again and again and passes parts of it on, without waiting until they are used.
template <class Read>
void pass_one_buffer(Read read) {
  auto& in = channel<std::pair<char*, std::size_t>>();
  auto& buffer = leaked(std::array<char, 17>{});
  goro::go([&, read] {
    for (std::size_t total = 0, n = 0; (n = read(buffer, total)) != 0; total += n) {
      in.send({buffer.data(), n});
    }
    in.close();
  });
  unsigned sum = 0;
  for (const auto& [data, size] : in) {
    for (std::size_t i = 0; i < size; ++i) {
      sum = sum * 31 + static_cast<unsigned char>(data[i]);
    }
  }
  mention(&sum);
}
}  // namespace

RACE(Issue5567) {
  std::FILE* file = std::fopen("/proc/self/maps", "r");
  pass_one_buffer([=](auto& buffer, std::size_t) { return std::fread(buffer.data(), 1, buffer.size(), file); });
  std::fclose(file);
}
RACE(Issue51618) {
  std::FILE* file = std::fopen("/proc/self/maps", "r");
  pass_one_buffer([=](auto& buffer, std::size_t total) {
    std::fseek(file, static_cast<long>(total), SEEK_SET);
    return std::fread(buffer.data(), 1, buffer.size(), file);
  });
  std::fclose(file);
}
RACE(Issue5654) {
  static const char text[] =
      "The quick brown fox jumps over the lazy dog, again and again and again, until the text is long enough for this.";
  pass_one_buffer([](auto& buffer, std::size_t total) {
    const std::size_t n = std::min(buffer.size(), sizeof(text) - 1 - total);
    std::memcpy(buffer.data(), text + total, n);
    return n;
  });
}

namespace {
struct base_part {
  int value = 0;
  [[gnu::noinline]] int foo() { return 42; }
  [[gnu::noinline]] int bar() const { return value; }
};
struct derived_by_value {
  int pad = 0;
  base_part b;
};
struct derived_by_pointer {
  int pad = 0;
  base_part* b = nullptr;
};
}  // namespace

NO_RACE(MethodThunk) {
  auto& d = leaked(derived_by_value{});
  beside([&] { mention(&d.b); }, [&] { d = derived_by_value{}; });
}
RACE(MethodThunk) {
  auto& d = leaked(derived_by_pointer{});
  beside([&] { use(d.b->foo()); }, [&] { d = derived_by_pointer{}; });
}
RACE(MethodThunk2) {
  auto& d = leaked(derived_by_value{});
  beside([&] { use(d.b.bar()); }, [&] { d = derived_by_value{}; });
}
RACE(MethodThunk3) {
  auto& d = leaked(derived_by_pointer{0, new base_part});
  beside([&] { use(d.b->bar()); }, [&] { d.b = new base_part; });
}
RACE(MethodThunk4) {
  auto& d = leaked(derived_by_pointer{0, new base_part});
  beside([&] { use(d.b->bar()); }, [&] { d.b->value = 42; });
}
NO_RACE(TinyAlloc) {
  auto& done = channel<bool>();
  for (int p = 0; p < 4; ++p) {
    goro::go([&] {
      for (int i = 0; i < 10'000; ++i) {
        auto b = std::make_unique<char>('\0');
        *b = 42;
        mention(b.get());
      }
      done.send(true);
    });
  }
  for (int p = 0; p < 4; ++p) {
    done.recv();
  }
}
}  // namespace race_cases
