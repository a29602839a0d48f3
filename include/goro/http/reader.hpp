// A body, read piece by piece.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <system_error>

namespace goro::http {

// Not for use by several goroutines at once. Go: io.ReadCloser.
class reader {
 public:
  reader() = default;
  reader(const reader&) = delete;
  reader& operator=(const reader&) = delete;
  virtual ~reader() = default;

  // Blocks until there is some of the body, and reads as much of that as fits. 0: the body has ended. Throws
  // std::system_error: what the connection says, errc::unexpected_end when it ends within the body,
  // errc::malformed_message, errc::body_too_large.
  std::size_t read(std::span<char> to);
  std::size_t read(std::span<std::byte> to) { return read(as_chars(to)); }
  std::size_t read(std::span<char> to, std::error_code& error) noexcept { return do_read(to, error); }
  std::size_t read(std::span<std::byte> to, std::error_code& error) noexcept { return read(as_chars(to), error); }

  // What is left of the body. The form with an error returns what came before it.
  std::string read_all();
  std::string read_all(std::error_code& error);

 protected:
  virtual std::size_t do_read(std::span<char> to, std::error_code& error) noexcept = 0;

 private:
  static std::span<char> as_chars(std::span<std::byte> bytes) noexcept {
    return {reinterpret_cast<char*>(bytes.data()), bytes.size()};
  }
};

}  // namespace goro::http
