#include "platform/own_memory.hpp"

#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>
#include <array>
#include <charconv>
#include <cstdint>
#include <cstring>

#include "platform/linux/task_folder.hpp"
#include "platform/thread_stop.hpp"

namespace goro::platform {
namespace {

class file {
 public:
  explicit file(const char* path) noexcept : descriptor_(::open(path, O_RDONLY | O_CLOEXEC)) {}
  file(const file&) = delete;
  file& operator=(const file&) = delete;
  ~file() {
    if (descriptor_ >= 0) {
      ::close(descriptor_);
    }
  }
  explicit operator bool() const noexcept { return descriptor_ >= 0; }
  std::size_t read(void* to, std::size_t size, off_t at) const noexcept {
    const ssize_t got = ::pread(descriptor_, to, size, at);
    return got > 0 ? static_cast<std::size_t>(got) : 0;
  }

 private:
  const int descriptor_;
};

// Calls `line` for each line of a text file that may change its size while it is read.
template <class F>
void for_each_line(const file& from, F line) noexcept {
  std::array<char, 8192> buffer;
  std::size_t used = 0;
  off_t at = 0;
  while (const std::size_t got = from.read(buffer.data() + used, buffer.size() - used, at)) {
    at += static_cast<off_t>(got);
    used += got;
    char* begin = buffer.data();
    while (auto* end =
               static_cast<char*>(std::memchr(begin, '\n', static_cast<std::size_t>(buffer.data() + used - begin)))) {
      line(std::string_view(begin, static_cast<std::size_t>(end - begin)));
      begin = end + 1;
    }
    used = static_cast<std::size_t>(buffer.data() + used - begin);
    if (used == buffer.size()) {
      used = 0;  // a line longer than any path
    }
    std::memmove(buffer.data(), begin, used);
  }
}

std::uintptr_t hexadecimal_at(const char*& at, const char* end) noexcept {
  std::uintptr_t value = 0;
  at = std::from_chars(at, end, value, 16).ptr;
  return value;
}

// "low-high rw-p …"
bool parse_private_writable(std::string_view line, memory_range& range) noexcept {
  const char* at = line.data();
  const char* end = at + line.size();
  const std::uintptr_t low = hexadecimal_at(at, end);
  if (at == end || *at != '-') {
    return false;
  }
  ++at;
  const std::uintptr_t high = hexadecimal_at(at, end);
  range = {reinterpret_cast<std::byte*>(low), high - low};
  return end - at > 4 && at[1] == 'r' && at[2] == 'w' && at[4] == 'p';
}

// Passes on the runs of pages of `range` that are there, in memory or swapped out.
void visit_present_pages(const file& pagemap, memory_range range,
                         base::function_ref<void(memory_range, memory_range)> each) noexcept {
  constexpr std::uint64_t present_or_swapped = std::uint64_t{3} << 62;
  std::array<std::uint64_t, 512> entries;
  std::byte* run = nullptr;
  std::byte* at = range.base;
  std::byte* const end = range.base + range.size;
  const auto end_run = [&](std::byte* to) {
    if (run != nullptr) {
      each({run, static_cast<std::size_t>(to - run)}, range);
      run = nullptr;
    }
  };
  while (at < end) {
    const auto number = reinterpret_cast<std::uintptr_t>(at) / page_size;
    const std::size_t left = static_cast<std::size_t>(end - at) / page_size;
    const std::size_t wanted = left < entries.size() ? left : entries.size();
    const std::size_t got = pagemap.read(entries.data(), wanted * sizeof(std::uint64_t),
                                         static_cast<off_t>(number * sizeof(std::uint64_t))) /
                            sizeof(std::uint64_t);
    for (std::size_t i = 0; i < got; ++i, at += page_size) {
      if ((entries[i] & present_or_swapped) == 0) {
        end_run(at);
      } else if (run == nullptr) {
        run = at;
      }
    }
    if (got == 0) {
      break;
    }
  }
  end_run(at);
}

}  // namespace

bool for_each_written_range(base::function_ref<void(memory_range, memory_range)> each) noexcept {
  const file maps("/proc/self/maps");
  const file pagemap("/proc/self/pagemap");
  if (!maps || !pagemap) {
    return false;
  }
  for_each_line(maps, [&](std::string_view line) {
    memory_range range;
    if (parse_private_writable(line, range)) {
      visit_present_pages(pagemap, range, each);
    }
  });
  return true;
}

std::size_t read_own_memory(const std::byte* from, void* to, std::size_t size) noexcept {
  const iovec local{to, size};
  const iovec remote{const_cast<std::byte*>(from), size};
  const ssize_t got = ::process_vm_readv(::getpid(), &local, 1, &remote, 1, 0);
  return got > 0 ? static_cast<std::size_t>(got) : 0;
}

bool for_each_other_thread(base::function_ref<void(int thread, const std::byte* stack_pointer)> each) noexcept {
  return for_each_other_task([&](const task_state& task) {
    const std::byte* stopped = stack_pointer_of_stopped(task.thread);
    each(task.thread, stopped != nullptr ? stopped : task.stack_pointer);
  });
}

}  // namespace goro::platform
