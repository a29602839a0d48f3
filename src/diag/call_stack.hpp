// The addresses of the calls in progress on a stack.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "platform/context.hpp"
#include "platform/os.hpp"

namespace goro::diag {

struct code_address {
  std::uintptr_t next;  // the instruction that runs next in this call
  bool after_call;      // it is where a call returns to: what belongs to the trace is the call before it

  std::uintptr_t where() const noexcept { return after_call ? next - 1 : next; }
};

// The innermost and the outermost calls; what lies between is only counted (as Go: 50 of each).
class call_stack {
 public:
  static constexpr std::size_t most_inner = 50;
  static constexpr std::size_t most_outer = 50;

  // Of the caller.
  [[gnu::noinline]] static call_stack here() noexcept;
  // Of the code that ran into `fault`, on the stack [low, high). To be called in the handler. Never faults itself.
  [[gnu::noinline]] static call_stack at(const platform::memory_fault& fault, const std::byte* low,
                                         const std::byte* high) noexcept;

  // Of the code that a signal has interrupted, in its handler.
  [[gnu::noinline]] static call_stack interrupted() noexcept;

  // Of a goroutine that is parked, and stays so meanwhile.
  [[gnu::noinline]] static call_stack parked(const platform::context& saved) noexcept;

  std::size_t size() const noexcept { return total_; }
  std::size_t elided() const noexcept {
    return total_ <= most_inner + most_outer ? 0 : total_ - most_inner - most_outer;
  }
  // The i-th call, 0 innermost; not one of the elided, which are [most_inner, most_inner + elided()).
  const code_address& operator[](std::size_t i) const noexcept {
    return i < most_inner ? inner_[i] : outer_[(i - most_inner) % most_outer];
  }

  void clear() noexcept { total_ = 0; }
  void add(code_address a) noexcept {
    (total_ < most_inner ? inner_[total_] : outer_[(total_ - most_inner) % most_outer]) = a;
    ++total_;
  }

 private:
  std::size_t total_ = 0;
  std::array<code_address, most_inner> inner_;
  std::array<code_address, most_outer> outer_;  // a ring
};

}  // namespace goro::diag
