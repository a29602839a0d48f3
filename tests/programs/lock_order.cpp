// GORODEBUG=lockorder=1: locks that are taken in two orders are reported, though nobody waits.
#include <goro/goro.hpp>

#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string_view>

namespace {

void nested(auto& outer, auto& inner) {
  const std::lock_guard first(outer);
  const std::lock_guard second(inner);
}

void two() {
  goro::mutex a;
  goro::mutex b;
  goro::wait_group ended;
  ended.go([&] { nested(a, b); });
  ended.wait();
  nested(b, a);
  nested(b, a);
  nested(a, b);
}

void three() {
  goro::mutex a;
  goro::mutex b;
  goro::shared_mutex c;
  nested(a, b);
  nested(b, c);
  nested(c, a);
}

void none() {
  goro::mutex a;
  goro::mutex b;
  nested(a, b);
  const std::scoped_lock both(b, a);  // tries the second
  for (int i = 0; i < 100; ++i) {     // other locks in the same places
    const auto places = std::make_unique<std::pair<goro::mutex, goro::mutex>>();
    i % 2 == 0 ? nested(places->first, places->second) : nested(places->second, places->first);
  }
  goro::shared_mutex s;
  goro::shared_mutex t;
  for (int i = 0; i < 2; ++i) {
    const std::shared_lock first(i == 0 ? s : t);
    const std::shared_lock second(i == 0 ? t : s);
  }
}

}  // namespace

int main(int, char** argv) {
  const std::string_view how = argv[1];
  goro::run([&] { how == "two" ? two() : how == "three" ? three() : none(); });
}
