// base/futex.hpp on the futex system call. FUTEX_WAIT_BITSET rather than FUTEX_WAIT: its deadline is absolute, so an
// interrupted or spurious wait needs no arithmetic to go on.
#include "base/futex.hpp"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include <cerrno>
#include <climits>

namespace goro::base {
namespace {

static_assert(sizeof(futex_word) == 4 && alignof(futex_word) == 4 && futex_word::is_always_lock_free,
              "the kernel sees the atomic as a plain 32-bit word");

// errno is kept: a wait must not be visible to code that checks errno later.
class keep_errno {
 public:
  keep_errno() = default;
  keep_errno(const keep_errno&) = delete;
  keep_errno& operator=(const keep_errno&) = delete;
  ~keep_errno() { errno = saved_; }

 private:
  int saved_ = errno;
};

}  // namespace

bool futex_wait(futex_word& word, std::uint32_t expected, nanoseconds deadline) noexcept {
  const keep_errno keep;
  timespec until{};
  const bool ends = deadline != never;
  if (ends && deadline > 0) {  // one in the past stays 0, which the kernel accepts and which has passed
    until.tv_sec = deadline / 1'000'000'000;
    until.tv_nsec = deadline % 1'000'000'000;
  }
  const long result = syscall(SYS_futex, &word, FUTEX_WAIT_BITSET_PRIVATE, expected, ends ? &until : nullptr, nullptr,
                              FUTEX_BITSET_MATCH_ANY);
  return result == 0 || errno != ETIMEDOUT;
}

void futex_wake(futex_word& word, int count) noexcept {
  const keep_errno keep;  // EFAULT: the word's memory is gone, and so is every waiter
  syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, count, nullptr, nullptr, 0);
}

}  // namespace goro::base
