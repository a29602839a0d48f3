// Text of a report on its way out, collected so that it leaves in few pieces. Allocates nothing: it serves in signal
// handlers.
#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "base/function_ref.hpp"
#include "platform/os.hpp"

namespace goro::diag {

struct hexadecimal {
  std::uintptr_t value;
};

class text_sink {
 public:
  using consumer = base::function_ref<void(std::string_view)>;

  // The callable behind `to` must outlive the sink.
  explicit text_sink(consumer to) noexcept : to_(to) {}
  text_sink(const text_sink&) = delete;
  text_sink& operator=(const text_sink&) = delete;
  ~text_sink() { flush(); }

  text_sink& operator<<(std::string_view text) noexcept {
    while (!text.empty()) {
      if (used_ == sizeof(buffer_)) {
        flush();
      }
      const std::size_t room = sizeof(buffer_) - used_;
      const std::size_t part = text.size() < room ? text.size() : room;
      std::memcpy(buffer_ + used_, text.data(), part);
      used_ += part;
      text.remove_prefix(part);
    }
    return *this;
  }
  text_sink& operator<<(const char* text) noexcept { return *this << std::string_view{text}; }
  text_sink& operator<<(std::uint64_t number) noexcept { return put_number(number, 10); }
  text_sink& operator<<(hexadecimal number) noexcept { return (*this << "0x").put_number(number.value, 16); }

  void flush() noexcept {
    if (used_ != 0) {
      to_({buffer_, used_});
      used_ = 0;
    }
  }

 private:
  text_sink& put_number(std::uint64_t number, int base) noexcept {
    char digits[24];
    const auto [end, error] = std::to_chars(digits, digits + sizeof(digits), number, base);
    return *this << std::string_view(digits, static_cast<std::size_t>(end - digits));
  }

  consumer to_;
  std::size_t used_ = 0;
  char buffer_[1024];
};

// Where reports go: text_sink out{to_stderr};
inline constexpr auto to_stderr = [](std::string_view text) noexcept { platform::write_stderr(text); };

}  // namespace goro::diag
