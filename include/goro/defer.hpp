// defer: a call that is made when the scope ends.
#pragma once

#include <type_traits>
#include <utility>

namespace goro {

// goro::defer d{[&] { file.close(); }};  calls the function at scope exit: return, exception or goexit().
// Several run last to first. The function must not throw while another exception unwinds (std::terminate).
// Go: the defer statement; here it belongs to the block, not to the function.
template <class F>
class [[nodiscard]] defer {
 public:
  explicit defer(F f) noexcept(std::is_nothrow_move_constructible_v<F>) : f_(std::move(f)) {}
  ~defer() noexcept(noexcept(std::declval<F&>()())) { f_(); }
  defer(const defer&) = delete;
  defer& operator=(const defer&) = delete;

 private:
  F f_;
};

}  // namespace goro
