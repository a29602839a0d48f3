// 100,000 goroutines that wait at the same time, with too little address space or none.
#include <goro/go.hpp>

#include <sys/resource.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <string_view>

int main(int, char** argv) {
  if (std::string_view{argv[1]} == "limit") {
    const rlimit most{rlim_t{1} << 30, rlim_t{1} << 30};
    setrlimit(RLIMIT_AS, &most);
  }
  goro::run([] {
    std::atomic<int> arrived{0};
    for (int i = 0; i < 100'000; ++i) {
      goro::go([&] {
        ++arrived;
        while (arrived < 100'000) {
          goro::yield();
        }
      });
    }
    while (arrived < 100'000) {
      goro::yield();
    }
    std::puts("all of them live");
  });
}
