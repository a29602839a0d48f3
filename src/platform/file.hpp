// Contract: files that are served. Implemented in linux/file.cpp.
#pragma once

#include <cstdint>

namespace goro::platform {

struct file_status {
  bool is_regular;
  bool is_folder;
  std::uint64_t size;
  std::int64_t modified_seconds;  // since 1970
  std::int64_t modified_nanoseconds;
};

// An open file, closed at the end.
class open_file {
 public:
  open_file() noexcept = default;
  // For reading; never waits for the other end of a pipe. On failure the object is empty and `error` the system's error
  // number.
  open_file(const char* name, int& error) noexcept;
  open_file(const open_file&) = delete;
  open_file& operator=(const open_file&) = delete;
  open_file(open_file&& other) noexcept : descriptor_(other.descriptor_) { other.descriptor_ = -1; }
  open_file& operator=(open_file&& other) noexcept {
    const int mine = descriptor_;
    descriptor_ = other.descriptor_;
    other.descriptor_ = mine;
    return *this;
  }
  ~open_file();

  explicit operator bool() const noexcept { return descriptor_ >= 0; }
  int descriptor() const noexcept { return descriptor_; }
  bool get_status(file_status& status) const noexcept;

 private:
  int descriptor_ = -1;
};

}  // namespace goro::platform
