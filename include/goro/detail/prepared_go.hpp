// A go statement in two steps: everything that can fail first, then a start that cannot.
#pragma once

#include <cstddef>
#include <new>
#include <tuple>
#include <type_traits>
#include <utility>

#include "goro/detail/spawn.hpp"

namespace goro::detail {

// A goroutine that has its closure and is not queued yet. Dropped unstarted, the closure is destroyed.
class prepared_go {
 public:
  prepared_go() noexcept = default;

  // Throws std::bad_alloc, and what copying f throws. An empty function is fatal, as in a go statement.
  template <class F>
  static prepared_go make(F&& f) {
    using closure_type = closure<std::decay_t<F>>;
    static_assert(std::is_invocable_v<std::decay_t<F>>, "f must be callable without arguments");
    if (is_nil_function<std::decay_t<F>>(f)) {
      fatal_nil_function();
    }
    launch_owner owner{make_launch(closure_type::offset(), sizeof(closure_type), alignof(closure_type), nullptr)};
    ::new (static_cast<void*>(reinterpret_cast<std::byte*>(owner.launch) + closure_type::offset()))
        closure_type{std::forward<F>(f), std::tuple<>()};
    owner.launch->run = &closure_type::run;
    return prepared_go(std::exchange(owner.launch, nullptr),
                       [](launch_header& launch) noexcept { closure_type::of(launch).~closure_type(); });
  }

  prepared_go(prepared_go&& other) noexcept
      : launch_(std::exchange(other.launch_, nullptr)), destroy_closure_(other.destroy_closure_) {}
  prepared_go& operator=(prepared_go&& other) noexcept {
    std::swap(launch_, other.launch_);
    std::swap(destroy_closure_, other.destroy_closure_);
    return *this;
  }
  ~prepared_go() {
    if (launch_ != nullptr) {
      destroy_closure_(*launch_);
      drop_launch(launch_);
    }
  }

  // Queues it. A preemption point.
  void start() noexcept { submit_launch(take()); }

  // For starts where submit_launch() is not allowed.
  launch_header* take() noexcept { return std::exchange(launch_, nullptr); }

 private:
  prepared_go(launch_header* launch, void (*destroy_closure)(launch_header&) noexcept) noexcept
      : launch_(launch), destroy_closure_(destroy_closure) {}

  launch_header* launch_ = nullptr;
  void (*destroy_closure_)(launch_header&) noexcept = nullptr;
};

}  // namespace goro::detail
