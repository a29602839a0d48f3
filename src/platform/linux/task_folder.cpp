#include "platform/linux/task_folder.hpp"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <array>
#include <charconv>
#include <cstdint>
#include <cstring>

#include "platform/os.hpp"

namespace goro::platform {
namespace {

std::uintptr_t hexadecimal(std::string_view digits) noexcept {
  std::uintptr_t value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  return value;
}

// As the kernel writes it.
struct folder_entry {
  std::uint64_t inode;
  std::int64_t offset;
  unsigned short size;
  unsigned char type;
  char name[1];
};

int number_in(const char* name) noexcept {
  int number = 0;
  std::from_chars(name, name + std::strlen(name), number);
  return number;
}

}  // namespace

std::string_view read_task_file(int thread, std::string_view name, std::span<char> buffer) noexcept {
  std::array<char, 64> path{"/proc/self/task/"};
  char* after_number = std::to_chars(path.data() + std::strlen(path.data()), path.data() + 40, thread).ptr;
  name.copy(after_number, 20);  // zeros follow
  const int file = ::open(path.data(), O_RDONLY | O_CLOEXEC);
  if (file < 0) {
    return {};
  }
  const ssize_t got = ::read(file, buffer.data(), buffer.size());
  ::close(file);
  return {buffer.data(), got > 0 ? static_cast<std::size_t>(got) : 0};
}

// "running", or the call's number and arguments, the stack pointer and the program counter; the number alone is -1 when
// it sleeps in no call.
task_state state_of_task(int thread) noexcept {
  std::array<char, 256> buffer;
  std::string_view text = read_task_file(thread, "/syscall", buffer);
  task_state found{thread, task_state::not_told, nullptr};
  const std::size_t last = text.rfind(' ');
  if (last == std::string_view::npos) {
    found.call = text.starts_with("running") ? task_state::runs : task_state::not_told;
    return found;
  }
  std::from_chars(text.data(), text.data() + text.size(), found.call);
  text = text.substr(0, last);
  text.remove_prefix(text.rfind(' ') + 1);
  if (text.starts_with("0x")) {
    found.stack_pointer = reinterpret_cast<const std::byte*>(hexadecimal(text.substr(2)));
  }
  return found;
}

bool for_each_other_task(base::function_ref<void(const task_state&)> each) noexcept {
  const int folder = ::open("/proc/self/task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) {
    return false;
  }
  const int self = thread_id();
  alignas(folder_entry) std::array<char, 4096> buffer;
  long got;
  while ((got = ::syscall(SYS_getdents64, folder, buffer.data(), buffer.size())) > 0) {
    for (long at = 0; at < got;) {
      const auto* entry = reinterpret_cast<const folder_entry*>(buffer.data() + at);
      at += entry->size;
      const int thread = number_in(entry->name);
      if (thread != 0 && thread != self) {
        each(state_of_task(thread));
      }
    }
  }
  ::close(folder);
  return got == 0;
}

bool blocks_signal(int thread, int signal) noexcept {
  std::array<char, 4096> buffer;
  const std::string_view text = read_task_file(thread, "/status", buffer);
  constexpr std::string_view label = "SigBlk:\t";
  const std::size_t at = text.find(label);
  if (at == std::string_view::npos) {
    return true;
  }
  const std::string_view digits = text.substr(at + label.size(), 16);
  return ((hexadecimal(digits) >> (signal - 1)) & 1) != 0;
}

}  // namespace goro::platform
