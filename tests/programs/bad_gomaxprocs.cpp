// One warning, then the default.
#include <goro/go.hpp>

#include <sched.h>

#include <algorithm>
#include <cstdio>

int main() {
  cpu_set_t allowed;
  sched_getaffinity(0, sizeof(allowed), &allowed);
  const int n = goro::gomaxprocs();
  goro::run([] {});
  std::printf("%s\n", n >= 1 && n <= CPU_COUNT(&allowed) && n == goro::gomaxprocs() ? "default" : "something else");
}
