// Bodies that are there already.
#pragma once

#include <string>
#include <utility>

#include "goro/http/reader.hpp"

namespace goro::http::detail {

class string_reader final : public reader {
 public:
  explicit string_reader(std::string text) noexcept : text_(std::move(text)) {}

  const std::string& text() const noexcept { return text_; }
  void rewind() noexcept { at_ = 0; }

 private:
  std::size_t do_read(std::span<char> to, std::error_code&) noexcept override {
    const std::size_t n = text_.copy(to.data(), to.size(), at_);
    at_ += n;
    return n;
  }

  std::string text_;
  std::size_t at_ = 0;
};

// Shared by all that have no body.
inline reader& empty_reader() noexcept {
  static string_reader none{std::string()};
  return none;
}

}  // namespace goro::http::detail
