// Memory for one report, straight from the system: the heap may be locked or broken when it is written. All of it goes
// back at once.
#pragma once

#include <cstddef>
#include <new>
#include <string_view>
#include <type_traits>
#include <utility>

#include "platform/os.hpp"

namespace goro::diag {

class scratch {
 public:
  scratch() = default;
  scratch(const scratch&) = delete;
  scratch& operator=(const scratch&) = delete;
  ~scratch() {
    while (blocks_ != nullptr) {
      block* gone = std::exchange(blocks_, blocks_->next);
      platform::release_memory(reinterpret_cast<std::byte*>(gone), gone->size);
    }
  }

  // Null when the system refuses. Of 16 bytes' alignment.
  void* allocate(std::size_t size) noexcept {
    size = (size + 15) & ~std::size_t{15};
    if (size > room_) {
      if (!grow(size)) {
        return nullptr;
      }
    }
    room_ -= size;
    return std::exchange(next_, next_ + size);
  }

  template <class T, class... Args>
  T* make(Args&&... args) noexcept {
    static_assert(std::is_trivially_destructible_v<T> && alignof(T) <= 16);
    void* place = allocate(sizeof(T));
    return place != nullptr ? ::new (place) T{std::forward<Args>(args)...} : nullptr;
  }

  // Is it this memory?
  bool contains(const std::byte* address) const noexcept {
    for (const block* b = blocks_; b != nullptr; b = b->next) {
      const auto* low = reinterpret_cast<const std::byte*>(b);
      if (address >= low && address < low + b->size) {
        return true;
      }
    }
    return false;
  }

  // Empty when the system refuses.
  std::string_view copy(std::string_view text) noexcept {
    auto* place = static_cast<char*>(allocate(text.size()));
    if (place == nullptr) {
      return {};
    }
    text.copy(place, text.size());
    return {place, text.size()};
  }

 private:
  struct alignas(16) block {
    block* next;
    std::size_t size;
  };
  static constexpr std::size_t block_size = std::size_t{1} << 20;

  bool grow(std::size_t wanted) noexcept {
    const std::size_t needed =
        (wanted + sizeof(block) + platform::page_size - 1) / platform::page_size * platform::page_size;
    const std::size_t size = needed > block_size ? needed : block_size;
    std::byte* memory = platform::reserve_memory(size, platform::page_size);
    if (memory == nullptr) {
      return false;
    }
    blocks_ = ::new (static_cast<void*>(memory)) block{blocks_, size};
    next_ = memory + sizeof(block);
    room_ = size - sizeof(block);
    return true;
  }

  block* blocks_ = nullptr;
  std::byte* next_ = nullptr;
  std::size_t room_ = 0;
};

}  // namespace goro::diag
