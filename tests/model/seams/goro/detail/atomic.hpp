// The model build's atomic: every operation is a step of the modelled execution. Stands before the library's header of
// this name.
#pragma once

#include <atomic>
#include <cstring>
#include <type_traits>

#include "engine/execution.hpp"

namespace goro::model {

constexpr order order_of(std::memory_order o) noexcept {
  switch (o) {
    case std::memory_order_relaxed:
      return order::relaxed;
    case std::memory_order_acquire:
    case std::memory_order_consume:
      return order::acquire;
    case std::memory_order_release:
      return order::release;
    case std::memory_order_acq_rel:
      return order::acq_rel;
    case std::memory_order_seq_cst:
      break;
  }
  return order::seq_cst;
}

constexpr std::memory_order failure_of(std::memory_order success) noexcept {
  return success == std::memory_order_acq_rel   ? std::memory_order_acquire
         : success == std::memory_order_release ? std::memory_order_relaxed
                                                : success;
}

template <class T>
class atomic {
  static_assert(std::is_trivially_copyable_v<T> && sizeof(T) <= 8);

 public:
  constexpr atomic() noexcept : cell_{pack(T{})} {}
  constexpr atomic(T value) noexcept : cell_{pack(value)} {}
  atomic(const atomic&) = delete;
  atomic& operator=(const atomic&) = delete;

  T load(std::memory_order o = std::memory_order_seq_cst, place where = place::current()) const noexcept {
    return unpack(model::load(cell_, order_of(o), where));
  }
  void store(T value, std::memory_order o = std::memory_order_seq_cst, place where = place::current()) noexcept {
    model::store(cell_, pack(value), order_of(o), where);
  }
  T exchange(T value, std::memory_order o = std::memory_order_seq_cst, place where = place::current()) noexcept {
    return unpack(model::modify(cell_, order_of(o), where, [&](std::uint64_t) { return pack(value); }));
  }
  bool compare_exchange_strong(T& expected, T desired, std::memory_order success, std::memory_order failure,
                               place where = place::current()) noexcept {
    return compare(expected, desired, false, success, failure, where);
  }
  bool compare_exchange_strong(T& expected, T desired, std::memory_order o = std::memory_order_seq_cst,
                               place where = place::current()) noexcept {
    return compare(expected, desired, false, o, failure_of(o), where);
  }
  bool compare_exchange_weak(T& expected, T desired, std::memory_order success, std::memory_order failure,
                             place where = place::current()) noexcept {
    return compare(expected, desired, true, success, failure, where);
  }
  bool compare_exchange_weak(T& expected, T desired, std::memory_order o = std::memory_order_seq_cst,
                             place where = place::current()) noexcept {
    return compare(expected, desired, true, o, failure_of(o), where);
  }
  T fetch_add(T n, std::memory_order o = std::memory_order_seq_cst, place where = place::current()) noexcept {
    return unpack(model::modify(cell_, order_of(o), where,
                                [&](std::uint64_t old) { return pack(static_cast<T>(unpack(old) + n)); }));
  }
  T fetch_sub(T n, std::memory_order o = std::memory_order_seq_cst, place where = place::current()) noexcept {
    return unpack(model::modify(cell_, order_of(o), where,
                                [&](std::uint64_t old) { return pack(static_cast<T>(unpack(old) - n)); }));
  }
  T fetch_or(T n, std::memory_order o = std::memory_order_seq_cst, place where = place::current()) noexcept {
    return unpack(model::modify(cell_, order_of(o), where,
                                [&](std::uint64_t old) { return pack(static_cast<T>(unpack(old) | n)); }));
  }
  T fetch_and(T n, std::memory_order o = std::memory_order_seq_cst, place where = place::current()) noexcept {
    return unpack(model::modify(cell_, order_of(o), where,
                                [&](std::uint64_t old) { return pack(static_cast<T>(unpack(old) & n)); }));
  }
  operator T() const noexcept { return load(); }
  T operator=(T value) noexcept {
    store(value);
    return value;
  }

  const cell& as_cell() const noexcept { return cell_; }

 private:
  static constexpr std::uint64_t pack(T value) noexcept {
    if constexpr (std::is_pointer_v<T>) {
      if (value == nullptr) {
        return 0;  // a constant expression, unlike the general case
      }
      return __builtin_bit_cast(std::uint64_t, value);
    } else if constexpr (std::is_integral_v<T>) {
      return static_cast<std::uint64_t>(value);
    } else {
      std::uint64_t bits = 0;
      std::memcpy(&bits, &value, sizeof(T));
      return bits;
    }
  }
  static T unpack(std::uint64_t bits) noexcept {
    T value;
    if constexpr (std::is_integral_v<T>) {
      value = static_cast<T>(bits);
    } else {
      std::memcpy(&value, &bits, sizeof(T));
    }
    return value;
  }
  bool compare(T& expected, T desired, bool weak, std::memory_order success, std::memory_order failure,
               place where) noexcept {
    std::uint64_t seen = pack(expected);
    const bool done = compare_exchange(cell_, seen, pack(desired), weak, order_of(success), order_of(failure), where);
    expected = unpack(seen);
    return done;
  }

  cell cell_;
};

}  // namespace goro::model

namespace goro::detail {

template <class T>
using atomic = model::atomic<T>;

using std::memory_order_acq_rel;
using std::memory_order_acquire;
using std::memory_order_relaxed;
using std::memory_order_release;

}  // namespace goro::detail
