#include <goro/go.hpp>
#include <goro/mutex.hpp>

#include <string_view>
#include <thread>

namespace app {

[[gnu::noinline]] void unlock_twice() {
  goro::mutex m;
  m.lock();
  m.unlock();
  m.unlock();
}

}  // namespace app

int main(int, char** argv) {
  if (std::string_view{argv[1]} == "thread") {
    std::thread(app::unlock_twice).join();
  }
  goro::run(app::unlock_twice);
}
