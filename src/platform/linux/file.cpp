#include "platform/file.hpp"

#include <cerrno>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace goro::platform {

open_file::open_file(const char* name, int& error) noexcept
    : descriptor_(open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {
  error = descriptor_ < 0 ? errno : 0;
}

open_file::~open_file() {
  if (descriptor_ >= 0) {
    close(descriptor_);
  }
}

bool open_file::get_status(file_status& status) const noexcept {
  struct stat s;
  if (fstat(descriptor_, &s) != 0) {
    return false;
  }
  status = {S_ISREG(s.st_mode), S_ISDIR(s.st_mode), static_cast<std::uint64_t>(s.st_size), s.st_mtim.tv_sec,
            s.st_mtim.tv_nsec};
  return true;
}

}  // namespace goro::platform
