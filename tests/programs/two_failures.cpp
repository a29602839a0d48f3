// An exception is being reported, slowly, when another goroutine fails too and main returns: the report is whole, and
// the process ends as the exception has it.
#include <goro/go.hpp>
#include <goro/mutex.hpp>

#include <atomic>
#include <chrono>
#include <exception>
#include <thread>

namespace {

std::atomic<bool> reporting{false};
std::atomic<bool> others_fail{false};

class slow : public std::exception {
 public:
  const char* what() const noexcept override {
    reporting = true;
    while (!others_fail) {
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    return "the first";
  }
};

}  // namespace

int main() {
  goro::gomaxprocs(4);
  goro::run([] {
    goro::go([] { throw slow(); });
    goro::go([] {
      while (!reporting) {
        goro::yield();
      }
      others_fail = true;
      goro::mutex m;
      m.unlock();
    });
    while (!others_fail) {
      goro::yield();
    }
  });
}
