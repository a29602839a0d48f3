// A blocked call that a context may end. Lives on the stack of the call, from before its first wait until after its
// last.
//
// The end of the context takes the hook off the list and calls interrupt() under the node's lock, which this destructor
// takes too: afterwards nobody but the waiter's own wake-up is under way, and that is what the call has waited for.
#pragma once

#include "context/cancel_node.hpp"
#include "sched/wait_table.hpp"

namespace goro::detail {

class wait_hook : public cancel_hook {
 public:
  // For waits on `key`. When the context has ended already, the first of them is refused.
  wait_hook(cancel_node& node, const void* key) noexcept : cancel_hook(kind::wait), node_(node), interruption_(key) {
    if (!add_hook(node, *this)) {
      [[maybe_unused]] const sched::waiter* nobody = interruption_.interrupt();
    }
  }
  ~wait_hook() {
    const node_guard hold(node_);
    node_.hooks.remove(*this);
  }

  sched::interruption& interruption() noexcept { return interruption_; }

 private:
  cancel_node& node_;
  sched::interruption interruption_;
};

}  // namespace goro::detail
