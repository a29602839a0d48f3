// How a value travels through a channel. The core of a channel moves cells, which never throws; a cell holds the value
// itself or, when the value is large or its move may throw, a pointer to it. The pointer is filled and emptied outside
// the channel, so there the move may throw and take its time.
#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace goro::detail {

// What the core must know about the cells of a channel. `move` constructs *to from *from; null: the bytes are copied.
// `destroy` ends a cell in the buffer; null: nothing to do.
struct cell_type {
  std::size_t size;  // 0: there is nothing to move
  std::size_t alignment;
  void (*move)(void* to, void* from) noexcept;
  void (*destroy)(void* cell) noexcept;
};

inline constexpr std::size_t largest_value_in_cell = 256;

template <class T>
inline constexpr bool travels_in_cell = std::is_nothrow_move_constructible_v<T> && sizeof(T) <= largest_value_in_cell;

template <class T>
using cell_of = std::conditional_t<travels_in_cell<T>, T, T*>;

// Cells that are copied byte by byte and need no end.
template <class T>
inline constexpr bool trivial_cell = !travels_in_cell<T> || std::is_trivially_copyable_v<T>;

template <class T>
inline constexpr std::size_t cell_size = std::is_empty_v<T> && trivial_cell<T> ? 0 : sizeof(cell_of<T>);

template <class T>
void move_cell(void* to, void* from) noexcept {
  ::new (to) T(std::move(*static_cast<T*>(from)));
}

template <class T>
void destroy_cell(void* cell) noexcept {
  if constexpr (travels_in_cell<T>) {
    static_cast<T*>(cell)->~T();
  } else {
    delete *static_cast<T**>(cell);
  }
}

template <class T>
inline constexpr cell_type cell_type_of{
    cell_size<T>, alignof(cell_of<T>), trivial_cell<T> ? nullptr : &move_cell<cell_of<T>>,
    travels_in_cell<T>&& std::is_trivially_destructible_v<T> ? nullptr : &destroy_cell<T>};
template <>
inline constexpr cell_type cell_type_of<void>{0, 1, nullptr, nullptr};

// A value on its way in. The value belongs to the caller, and is moved from when the channel took it.
template <class T, bool InCell = travels_in_cell<T>>
class outgoing {
 public:
  explicit outgoing(T& value) noexcept : value_(std::addressof(value)) {}
  cell_of<T>* cell() noexcept { return value_; }
  void sent() noexcept {}

 private:
  T* value_;
};

template <class T>
class outgoing<T, false> {
 public:
  explicit outgoing(T& value) : boxed_(new T(std::move(value))) {}
  outgoing(const outgoing&) = delete;
  outgoing& operator=(const outgoing&) = delete;
  ~outgoing() { delete boxed_; }
  cell_of<T>* cell() noexcept { return &boxed_; }
  void sent() noexcept { boxed_ = nullptr; }

 private:
  T* boxed_;
};

// The same for a value that the cell's owner keeps until it is sent.
template <class T, bool InCell = travels_in_cell<T>>
class kept_value {
 public:
  template <class V>
  explicit kept_value(V&& value) : value_(std::forward<V>(value)) {}
  cell_of<T>* cell() noexcept { return std::addressof(value_); }
  void sent() noexcept {}

 private:
  T value_;
};

template <class T>
class kept_value<T, false> {
 public:
  template <class V>
  explicit kept_value(V&& value) : boxed_(new T(std::forward<V>(value))) {}
  kept_value(kept_value&& other) noexcept : boxed_(std::exchange(other.boxed_, nullptr)) {}
  kept_value& operator=(kept_value&&) = delete;
  ~kept_value() { delete boxed_; }
  cell_of<T>* cell() noexcept { return &boxed_; }
  void sent() noexcept { boxed_ = nullptr; }

 private:
  T* boxed_;
};

// A place for a value on its way out. After the channel has filled it, take() is to be called once.
template <class T, bool InCell = travels_in_cell<T>>
class incoming {
 public:
  incoming() noexcept {}
  ~incoming() {}
  incoming(const incoming&) = delete;
  incoming& operator=(const incoming&) = delete;
  cell_of<T>* cell() noexcept { return std::addressof(value_); }

  // Calls use(T&&) and ends the value, whether use throws or not.
  template <class Use>
  decltype(auto) take(Use&& use) {
    struct at_end {
      T& value;
      ~at_end() { value.~T(); }
    } end{value_};
    return std::forward<Use>(use)(std::move(value_));
  }

 private:
  union {
    T value_;
  };
};

template <class T>
class incoming<T, false> {
 public:
  cell_of<T>* cell() noexcept { return &boxed_; }

  template <class Use>
  decltype(auto) take(Use&& use) {
    const std::unique_ptr<T> own(boxed_);
    return std::forward<Use>(use)(std::move(*own));
  }

 private:
  T* boxed_ = nullptr;
};

}  // namespace goro::detail
