// Every template of the core headers, instantiated.
#include "goro/goro.hpp"

#include <chrono>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>

using namespace std::chrono_literals;

constinit goro::mutex static_mutex;
constinit goro::shared_mutex static_shared_mutex;
constinit goro::recursive_mutex static_recursive_mutex;
constinit goro::condition_variable static_condition_variable;
constinit goro::wait_group static_wait_group;
constinit goro::once static_once;

void goroutines() {
  goro::go([](std::string) {}, "x");
  goro::go({.name = "named"}, [p = std::make_unique<int>()] {});
  goro::run([] { return 3; });
  goro::blocking([] { return 3; });
  const goro::defer d{[] {}};
  goro::sleep(1.5ms);
  goro::sleep_until(std::chrono::system_clock::now());
}

void futures() {
  goro::async([](int x) { return x; }, 1).get();
  goro::async([] {}).wait();
  auto f = goro::async([] { return std::make_unique<int>(); });
  f.wait_for(1h);
  f.wait_until(std::chrono::steady_clock::now());
}

void locks() {
  const std::scoped_lock all(static_mutex, static_recursive_mutex);
  const std::shared_lock shared(static_shared_mutex, 1ms);
  static_recursive_mutex.try_lock_until(std::chrono::system_clock::now());
  std::unique_lock lock(static_mutex);
  static_condition_variable.wait(lock);
  static_condition_variable.wait(lock, [] { return true; });
  static_condition_variable.wait_for(lock, 1ms);
  static_condition_variable.wait_for(lock, 1ms, [] { return true; });
  static_condition_variable.wait_until(lock, std::chrono::steady_clock::now(), [] { return true; });
  goro::semaphore(1).try_acquire_for(1ms, 1);
}

void coordination() {
  static_wait_group.go([] {});
  static_once.call([] {});
  goro::once_func([] {})();
  goro::once_value([] { return 1; })();
  goro::latch(1).arrive_and_wait();
  goro::barrier b(1);
  b.wait(b.arrive());
  b.arrive_and_wait();
  b.arrive_and_drop();
}

void containers() {
  goro::sync_map<std::string, int> map;
  map.store("a", 1);
  map.load("a");
  map.load_or_store("a", 1);
  map.load_and_delete("a");
  map.erase("a");
  map.swap("a", 1);
  map.compare_and_swap("a", 1, 2);
  map.compare_and_delete("a", 2);
  map.range([](const std::string&, int) {});
  map.range([](const std::string&, int) { return true; });
  map.clear();
  goro::pool<std::string> strings;
  strings.put(strings.get());
  strings.try_get();
  goro::local<std::string> text;
  text->size();
  (*text).size();
  text.reset();
}
