// What go() needs from the library: a record for the new goroutine with room for its closure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <new>
#include <tuple>
#include <type_traits>
#include <utility>

#include "goro/detail/config.hpp"

namespace goro {

struct go_options;

namespace detail {

// A goroutine that was asked for and has not ended; its closure follows in the same allocation.
// `run` invokes the closure and destroys it, also when an exception or goexit() leaves it.
struct launch_header {
  void* next = nullptr;
  void (*run)(launch_header&) = nullptr;
  std::uint64_t id : 48 = 0;
  std::uint64_t size_class : 8 = 0;  // of the record itself
  std::uint64_t stack_class : 4 = 0;
  std::uint64_t alignment_log2 : 4 = 0;  // of a record from operator new, capped: see static_assert in spawn()
  const void* creator = nullptr;         // return address of the go statement
  std::uint64_t parent_id = 0;
  void* extras = nullptr;  // name and other rare options; owned
#if GORO_WITH_TSAN
  const void* const* creation = nullptr;  // the calls that led to the go statement, for race reports
#endif
};
inline constexpr std::size_t launch_header_size = GORO_WITH_TSAN ? 56 : 48;
static_assert(sizeof(launch_header) == launch_header_size);

// A record with `closure_size` bytes at `closure_offset`, aligned to `closure_alignment`. Panics when `options` asks
// for a stack size out of bounds; throws std::bad_alloc when memory ends.
launch_header* make_launch(std::size_t closure_offset, std::size_t closure_size, std::size_t closure_alignment,
                           const go_options* options);
// Gives back a record whose closure was not (or is no longer) constructed.
void drop_launch(launch_header* launch) noexcept;
// Queues it: `creator` is where the go statement stands.
void submit_launch(launch_header* launch) noexcept;

[[noreturn]] void fatal_nil_function() noexcept;

// Empty function pointers, member pointers and std::function-like wrappers; never true for lambdas.
template <class F>
constexpr bool is_nil_function(const F& f) noexcept {
  if constexpr (std::is_pointer_v<F> || std::is_member_pointer_v<F>) {
    return f == nullptr;
  } else if constexpr (
      std::is_class_v<F> && requires { f == nullptr; } && requires { F(nullptr); }) {
    return f == nullptr;
  } else {
    return false;
  }
}

template <class F, class... Args>
struct closure {
  [[no_unique_address]] F f;
  [[no_unique_address]] std::tuple<Args...> args;

  static constexpr std::size_t offset() {
    return (launch_header_size + alignof(closure) - 1) / alignof(closure) * alignof(closure);
  }
  static closure& of(launch_header& launch) {
    return *std::launder(reinterpret_cast<closure*>(reinterpret_cast<std::byte*>(&launch) + offset()));
  }
  // No handler here: an exception that nobody catches must find no frame that stops it,
  // so that terminate runs at the throw site with the whole stack in place.
  static void run(launch_header& launch) {
    struct end_of_closure {
      closure& c;
      ~end_of_closure() { c.~closure(); }
    } end{of(launch)};
    std::apply([&end](auto&... each) { std::invoke(std::move(end.c.f), std::move(each)...); }, end.c.args);
  }
};

struct launch_owner {
  launch_header* launch;
  ~launch_owner() {
    if (launch != nullptr) {
      drop_launch(launch);
    }
  }
};

template <class F, class... Args>
GORO_ALWAYS_INLINE void spawn(const go_options* options, F&& f, Args&&... args) {
  using closure_type = closure<std::decay_t<F>, std::decay_t<Args>...>;
  static_assert(std::is_invocable_v<std::decay_t<F>, std::decay_t<Args>...>,
                "go(f, args...): f must be callable with decayed copies of args as rvalues");
  static_assert(alignof(closure_type) <= 32768, "go(f, args...): alignment beyond 32 KiB is not supported");
  if (is_nil_function<std::decay_t<F>>(f)) {
    fatal_nil_function();
  }
  launch_owner owner{make_launch(closure_type::offset(), sizeof(closure_type), alignof(closure_type), options)};
  ::new (static_cast<void*>(reinterpret_cast<std::byte*>(owner.launch) + closure_type::offset()))
      closure_type{std::forward<F>(f), std::tuple<std::decay_t<Args>...>(std::forward<Args>(args)...)};
  owner.launch->run = &closure_type::run;
  submit_launch(std::exchange(owner.launch, nullptr));
}

}  // namespace detail
}  // namespace goro
