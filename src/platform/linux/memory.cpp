// Memory of the system: reserve, give back, guard.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>

#include "platform/faults.hpp"
#include "platform/os.hpp"
#include "platform/sanitizer.hpp"

namespace goro::platform {
namespace {

// Newer than the C library's headers.
constexpr int advice_guard_install = 102;  // MADV_GUARD_INSTALL, kernel 6.13
constexpr int self_process = -10001;       // PIDFD_SELF_THREAD_GROUP, kernel 6.14
#ifndef SYS_process_madvise
#define SYS_process_madvise 440
#endif

constexpr std::size_t largest_batch = 1024;  // IOV_MAX

std::byte* map(std::size_t size) noexcept {
  void* p = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return p == MAP_FAILED ? nullptr : static_cast<std::byte*>(p);
}

bool is_aligned(const std::byte* p, std::size_t alignment) noexcept {
  return reinterpret_cast<std::uintptr_t>(p) % alignment == 0;
}

// Maps more than is needed and cuts off both ends.
std::byte* map_aligned(std::size_t size, std::size_t alignment) noexcept {
  std::byte* wide = map(size + alignment - page_size);
  if (wide == nullptr) {
    return nullptr;
  }
  const std::uintptr_t address = reinterpret_cast<std::uintptr_t>(wide);
  const std::size_t before = (alignment - address % alignment) % alignment;
  const std::size_t behind = alignment - page_size - before;
  if (before != 0) {
    ::munmap(wide, before);
  }
  if (behind != 0) {
    ::munmap(wide + before + size, behind);
  }
  return wide + before;
}

// Cleared when the kernel cannot do process_madvise on the caller. (Kernel 6.13 could, but only by a file descriptor of
// the process, which is not worth keeping open for one version.)
base::atomic<bool> batches_work{true};

// One advice for the first ranges of `batch`. Returns how many ranges were covered; 0 when the kernel cannot do it.
std::size_t advise_batch(std::span<const iovec> batch, int advice) noexcept {
  if (denied(service::batch_advice) || !batches_work.load(base::memory_order_relaxed)) {
    return 0;
  }
  const long covered = ::syscall(SYS_process_madvise, self_process, batch.data(), batch.size(), advice, 0UL);
  if (covered < 0) {
    if (errno == EBADF || errno == ENOSYS || errno == EPERM || errno == EINVAL) {
      batches_work.store(false, base::memory_order_relaxed);
    }
    return 0;
  }
  std::size_t bytes = static_cast<std::size_t>(covered);
  std::size_t ranges = 0;
  while (ranges < batch.size() && bytes >= batch[ranges].iov_len) {
    bytes -= batch[ranges].iov_len;
    ++ranges;
  }
  return ranges;
}

// Advises all ranges, or stops at the first that is refused. Returns how many were done.
std::size_t advise_all(std::span<const memory_range> ranges, int advice) noexcept {
  std::array<iovec, largest_batch> vectors;
  std::size_t done = 0;
  while (done < ranges.size()) {
    const std::size_t count = std::min(ranges.size() - done, largest_batch);
    for (std::size_t i = 0; i < count; ++i) {
      vectors[i] = {ranges[done + i].base, ranges[done + i].size};
    }
    const std::size_t covered = count > 1 ? advise_batch({vectors.data(), count}, advice) : 0;
    done += covered;
    if (covered == 0) {
      if (::madvise(ranges[done].base, ranges[done].size, advice) != 0) {
        return done;
      }
      ++done;
    }
  }
  return done;
}

// Emulators (qemu-user, sandboxes) take advice they do not know for a mere hint and report success. So try once whether
// a guarded page can still be written: by a system call, which fails instead of faulting. Not with AddressSanitizer:
// its leak checker reads the stacks and knows only of pages that the memory map calls unreadable.
bool kernel_guards_are_effective() noexcept {
  if constexpr (GORO_WITH_ASAN) {
    return false;
  }
  static_assert(sizeof(utsname) <= page_size);
  std::byte* page = map(page_size);
  if (page == nullptr) {
    return false;
  }
  const bool effective = ::madvise(page, page_size, advice_guard_install) == 0 && ::syscall(SYS_uname, page) != 0;
  ::munmap(page, page_size);
  return effective;
}

}  // namespace

std::byte* reserve_memory(std::size_t size, std::size_t alignment) noexcept {
  if (denied(service::reserve)) {
    return nullptr;
  }
  std::byte* base = map(size);  // often aligned by luck: mappings are laid below one another
  if (base != nullptr && !is_aligned(base, alignment)) {
    ::munmap(base, size);
    base = map_aligned(size, alignment);
  }
  if (base != nullptr) {
    ::madvise(base, size, MADV_NOHUGEPAGE);  // refused where there are no huge pages: just as well
    sanitizer_add_root(base, size);
  }
  return base;
}

void release_memory(std::byte* base, std::size_t size) noexcept {
  sanitizer_remove_root(base, size);
  ::munmap(base, size);
}

void discard_memory(std::span<const memory_range> ranges) noexcept {
  while (!ranges.empty()) {
    const std::size_t done = advise_all(ranges, MADV_DONTNEED);
    // A range that is refused (locked memory) keeps its pages; the others still go.
    ranges = ranges.subspan(std::min(done + 1, ranges.size()));
  }
}

bool guard_by_kernel(std::byte* base, std::size_t size) noexcept {
  const memory_range range{base, size};
  return guard_many_by_kernel({&range, 1}) == 1;
}

std::size_t guard_many_by_kernel(std::span<const memory_range> ranges) noexcept {
  static const bool effective = kernel_guards_are_effective();
  return effective && !denied(service::kernel_guard) ? advise_all(ranges, advice_guard_install) : 0;
}

bool guard_by_protection(std::byte* base, std::size_t size) noexcept {
  return !denied(service::protection_guard) && ::mprotect(base, size, PROT_NONE) == 0;
}

std::size_t max_memory_maps() noexcept {
  std::size_t maps = 65530;
  const int file = ::open("/proc/sys/vm/max_map_count", O_RDONLY | O_CLOEXEC);
  if (file >= 0) {
    char text[32];
    const ssize_t length = ::read(file, text, sizeof(text));
    ::close(file);
    if (length > 0) {
      std::from_chars(text, text + length, maps);
    }
  }
  return maps;
}

std::size_t memory_maps_in_use() noexcept {
  const int file = ::open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
  if (file < 0) {
    return 0;
  }
  std::size_t lines = 0;
  char text[4096];
  for (ssize_t length; (length = ::read(file, text, sizeof(text))) > 0;) {
    lines += static_cast<std::size_t>(std::count(text, text + length, '\n'));
  }
  ::close(file);
  return lines;
}

}  // namespace goro::platform
