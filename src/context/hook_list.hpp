// What hangs on a context and is to be done when it ends: a doubly linked list through the hooks themselves, so that
// each can leave in O(1) and joining never allocates. Guarded by the lock of the node that owns the list.
#pragma once

#include <cstdint>

#include "base/check.hpp"

namespace goro::detail {

// Base of the three things that hang on a context; `kind` says which.
struct cancel_hook {
  enum class kind : std::uint8_t {
    child,  // as_child: a cancel_node derived from this one
    wait,   // wait_hook: a blocked call
    call,   // after_func_entry
  };

  explicit cancel_hook(kind k) noexcept : what(k) {}
  cancel_hook(const cancel_hook&) = delete;
  cancel_hook& operator=(const cancel_hook&) = delete;

  cancel_hook* next = nullptr;
  cancel_hook* previous = nullptr;
  const kind what;
  bool linked = false;
};

class hook_list {
 public:
  cancel_hook* front() const noexcept { return first_; }

  void push_front(cancel_hook& h) noexcept {
    base::check(!h.linked, "a hook hangs on one context");
    h.previous = nullptr;
    h.next = first_;
    (first_ != nullptr ? first_->previous : last_) = &h;
    first_ = &h;
    h.linked = true;
  }

  void push_back(cancel_hook& h) noexcept {
    base::check(!h.linked, "a hook hangs on one context");
    h.next = nullptr;
    h.previous = last_;
    (last_ != nullptr ? last_->next : first_) = &h;
    last_ = &h;
    h.linked = true;
  }

  // False: it had left already.
  bool remove(cancel_hook& h) noexcept {
    if (!h.linked) {
      return false;
    }
    (h.previous != nullptr ? h.previous->next : first_) = h.next;
    (h.next != nullptr ? h.next->previous : last_) = h.previous;
    h.linked = false;
    return true;
  }

 private:
  cancel_hook* first_ = nullptr;
  cancel_hook* last_ = nullptr;
};

}  // namespace goro::detail
