#include "http/input.hpp"

#include <algorithm>
#include <cstring>
#include <new>

namespace goro::http::detail {

void input::clear() noexcept {
  begin_ = end_ = 0;
  if (size_ > kept_size) {
    buffer_.reset();
    size_ = 0;
  }
}

void input::put(std::string_view bytes) {
  make_room(bytes.size());
  end_ += bytes.copy(buffer_.get() + end_, bytes.size());
}

void input::make_room(std::size_t bytes) {
  const std::size_t used = end_ - begin_;
  if (size_ - end_ >= bytes) {
    return;
  }
  if (size_ - used < bytes) {
    const std::size_t grown = std::max({usual_size, size_ * 2, used + bytes});
    auto buffer = std::make_unique_for_overwrite<char[]>(grown);
    std::copy_n(buffer_.get() + begin_, used, buffer.get());
    buffer_ = std::move(buffer);
    size_ = grown;
  } else {
    std::memmove(buffer_.get(), buffer_.get() + begin_, used);
  }
  begin_ = 0;
  end_ = used;
}

std::size_t input::receive(std::error_code& error) noexcept {
  try {
    if (begin_ == end_) {
      begin_ = end_ = 0;
    }
    make_room(1);
  } catch (const std::bad_alloc&) {
    error = std::make_error_code(std::errc::not_enough_memory);
    return 0;
  }
  const std::size_t n = socket_->read(std::span<char>(buffer_.get() + end_, size_ - end_), error);
  end_ += n;
  return n;
}

std::size_t input::read(std::span<char> to, std::error_code& error) noexcept {
  if (begin_ == end_) {
    return socket_->read(to, error);
  }
  const std::size_t n = unread().copy(to.data(), to.size());
  consume(n);
  return n;
}

}  // namespace goro::http::detail
