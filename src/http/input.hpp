// What a connection has received and nobody has read yet.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <system_error>

#include "goro/net/conn.hpp"

namespace goro::http::detail {

class input {
 public:
  input() = default;

  void attach(const net::conn* socket) noexcept { socket_ = socket; }
  // Drops what is there; memory beyond the usual is given back.
  void clear() noexcept;

  std::string_view unread() const noexcept { return {buffer_.get() + begin_, end_ - begin_}; }
  bool empty() const noexcept { return begin_ == end_; }
  void consume(std::size_t bytes) noexcept { begin_ += bytes; }
  // Appends what was received elsewhere.
  void put(std::string_view bytes);

  // Receives more behind what is unread, and makes room for it. 0: the peer has closed its side, or an error. Blocks.
  std::size_t receive(std::error_code& error) noexcept;
  // Some of what is unread; if there is nothing, receives straight into `to`. 0 as above. Blocks.
  std::size_t read(std::span<char> to, std::error_code& error) noexcept;

 private:
  static constexpr std::size_t usual_size = 4096;
  static constexpr std::size_t kept_size = 16384;

  void make_room(std::size_t bytes);

  const net::conn* socket_ = nullptr;
  std::unique_ptr<char[]> buffer_;
  std::size_t size_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace goro::http::detail
