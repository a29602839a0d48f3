#include "goro/detail/context_node.hpp"

#include "base/atomic.hpp"
#include "context/cancel_node.hpp"

namespace goro::detail {

context_node::context_node(context_node* parent_node, const char* what_it_is) noexcept
    : parent(parent_node), name(what_it_is) {
  retain(parent);
  if (parent != nullptr) {
    canceler = parent->canceler;
    deadline_ns = parent->deadline_ns;
  }
}

// A loop: chains may be long, and stacks are not.
void release(context_node* node) noexcept {
  while (node != nullptr && node->references.fetch_sub(1, base::memory_order_acq_rel) == 1) {  // sync: context-node
    context_node* parent = node->parent;
    delete node;
    node = parent;
  }
}

cancel_node::cancel_node(context_node* parent_node, const char* what_it_is) noexcept
    : context_node(parent_node, what_it_is) {
  canceler = this;
}

cancel_node::~cancel_node() {
  base::check(hooks.front() == nullptr, "what hangs on a context keeps it alive");
  if (cancel_node* above = canceler_above()) {
    const node_guard hold(*above);
    above->hooks.remove(as_child);
  }
}

}  // namespace goro::detail
