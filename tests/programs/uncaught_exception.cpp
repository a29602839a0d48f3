// An exception that nobody catches, thrown three calls deep in a goroutine.
#include <goro/go.hpp>
#include <goro/panic.hpp>

#include <stdexcept>
#include <string>
#include <string_view>

namespace shop {

struct out_of_stock {
  int item;
};

class refused : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

[[gnu::noinline]] void charge(std::string_view kind) {
  if (kind == "standard") {
    throw std::runtime_error("card declined");
  }
  if (kind == "derived") {
    throw refused("card declined");
  }
  if (kind == "custom") {
    throw out_of_stock{7};
  }
  if (kind == "int") {
    throw 42;
  }
  if (kind == "text") {
    throw "card declined";
  }
  if (kind == "string") {
    throw std::string("card declined");
  }
  if (kind == "panic") {
    throw goro::panic_error("send on closed channel");
  }
  if (kind == "nested") {
    try {
      throw out_of_stock{7};
    } catch (...) {
      std::throw_with_nested(std::logic_error("cannot charge"));
    }
  }
}

template <class Order>
[[gnu::noinline]] void checkout(Order order) {
  charge(order);
}

[[gnu::noinline]] void serve(std::string_view kind) { checkout(kind); }

}  // namespace shop

int main(int, char** argv) {
  goro::run([argv] {
    goro::go({.name = "shop"}, shop::serve, std::string_view{argv[1]});
    for (;;) {
      goro::yield();
    }
  });
}
