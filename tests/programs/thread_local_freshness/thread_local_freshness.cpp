// A goroutine may be on another thread after every park. Compilers keep the address of a thread_local in a register across calls,
// so the runtime must not read its own through such an address. This program is built, with the scheduler, by each compiler at
// each level of optimisation, moves goroutines between threads and compares what the runtime believes with what the kernel says.
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <map>
#include <mutex>

#include "goro/go.hpp"
#include "sched/worker.hpp"

namespace {

constexpr int goroutines = 16;
constexpr long wanted_migrations = 2000;
constexpr auto patience = std::chrono::seconds(20);

int kernel_thread_id() { return static_cast<int>(syscall(SYS_gettid)); }

// Which worker each thread claims to be: one for ever.
class claims {
 public:
  bool consistent(int thread, const goro::sched::worker* w) {
    const std::lock_guard hold(lock_);
    return by_thread_.try_emplace(thread, w).first->second == w;
  }

 private:
  std::mutex lock_;
  std::map<int, const goro::sched::worker*> by_thread_;
};

struct findings {
  claims workers;
  std::atomic<long> migrations{0};
  std::atomic<long> stale{0};
  std::atomic<long> plain_stale{0};
  std::atomic<long> errno_stale{0};
};

// What a program must not do, to show that the test would notice: both calls may get the address computed for the first.
thread_local int plain = 0;
void store(int* where, int value) { *where = value; }
int load(const int* where) { return *where; }
void (*volatile opaque_store)(int*, int) = store;
int (*volatile opaque_load)(const int*) = load;

[[gnu::noinline]] void set_errno_to_zero() {
  errno = 0;
  asm volatile("" : : : "memory");
}

// One park, with reads of the runtime's thread-locals right before and right after it, in one function.
void park_once(findings& found) {
  const std::uint64_t id = goro::goroutine_id();
  const int thread = kernel_thread_id();
  const goro::sched::worker* before = goro::sched::this_worker();
  opaque_store(&plain, thread);
  goro::yield();
  const int plain_after = opaque_load(&plain);
  const goro::sched::worker* after = goro::sched::this_worker();
  const int thread_after = kernel_thread_id();
  if (thread_after != thread) {
    ++found.migrations;
    found.plain_stale += plain_after == thread ? 1 : 0;
  }
  close(-1);
  found.errno_stale += goro::last_errno() == EBADF ? 0 : 1;
  set_errno_to_zero();
  const bool fresh = (after == before) == (thread_after == thread) && found.workers.consistent(thread_after, after) &&
                     after->current != nullptr && after->current->record->id == id && goro::goroutine_id() == id;
  found.stale += fresh ? 0 : 1;
}

void move_about(findings& found) {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (found.migrations < wanted_migrations && std::chrono::steady_clock::now() < end) {
    for (int i = 0; i < 100; ++i) {
      park_once(found);
    }
    goro::blocking([] { usleep(100); });  // lets another worker steal what waits here
  }
}

}  // namespace

int main() {
  findings found;
  goro::gomaxprocs(4);
  goro::run([&found] {
    std::atomic<int> left{goroutines};
    for (int i = 0; i < goroutines; ++i) {
      goro::go([&] {
        move_about(found);
        --left;
      });
    }
    while (left != 0) {
      goro::yield();
    }
  });
  std::printf("%ld migrations; the runtime was wrong %ld times, last_errno %ld times, a plain thread_local %ld times\n",
              found.migrations.load(), found.stale.load(), found.errno_stale.load(), found.plain_stale.load());
  return found.migrations != 0 && found.stale == 0 && found.errno_stale == 0 ? 0 : 1;
}
