// Contexts and std::stop_token, both ways.
#include <stop_token>

#include "context/cancel_node.hpp"
#include "goro/go.hpp"

namespace goro {
namespace detail {
namespace {

// Lets go of a reference without destroying the node in the caller's frame.
void release_elsewhere(context_node& node) noexcept {
  std::uint32_t seen = node.references.load(base::memory_order_relaxed);
  while (seen != 1) {
    if (node.references.compare_exchange_weak(seen, seen - 1, base::memory_order_release,  // sync: context-node
                                              base::memory_order_relaxed)) {
      return;
    }
  }
  go([&node] { release(&node); });
}

// Runs in request_stop(), on whatever thread. The node may be on its way to be destroyed: its destructor then waits for
// us.
//
// The standard library tells a stop_callback that is destroyed by its own callback from one that is destroyed meanwhile
// by another thread, which has to wait, by the thread. So a goroutine keeps its thread here, and does not destroy the
// node.
struct end_by_token {
  cancel_node* node;

  void operator()() const noexcept {
    if (!try_retain(*node)) {
      return;
    }
    lock_os_thread();
    end_tree(*node, {});
    release_elsewhere(*node);
    unlock_os_thread();
  }
};

// In a race build its end is unobserved: what request_stop() did with the callback may have been done by another
// goroutine on this very thread. Then the standard library takes the two for one, and has nothing to wait for, which
// ThreadSanitizer, for which goroutines are threads, would report.
struct stop_token_node final : cancel_node {
  explicit stop_token_node(context_node* parent_node) noexcept : cancel_node(parent_node, ".with_stop_token") {}
  ~stop_token_node() override {
    const platform::sanitizer_unobserved quiet;
    link.reset();
  }
  static void operator delete(void* memory) noexcept {
    const platform::sanitizer_unobserved quiet;
    ::operator delete(memory);
  }

  std::optional<std::stop_callback<end_by_token>> link;
};

}  // namespace
}  // namespace detail

using detail::cancel_node;

context with_stop_token(const context& parent, std::stop_token token) {
  auto* node = new detail::stop_token_node(cancel_node::node_of(parent));
  context ctx = cancel_node::hand_out_context(node);
  detail::link_to_parent(*node);
  node->link.emplace(std::move(token), detail::end_by_token{node});  // may run it at once
  return ctx;
}

std::stop_token context::stop_token() const {
  cancel_node* node = canceler();
  if (node == nullptr) {
    return {};
  }
  if (!node->has_stop.load(base::memory_order_acquire)) {  // sync: context-stop
    std::stop_source fresh;
    bool missed_the_end = false;
    {
      const detail::node_guard hold(*node);
      if (!node->has_stop.load(base::memory_order_relaxed)) {
        missed_the_end = node->has_ended();
        node->stop.swap(fresh);
        node->has_stop.store(true, base::memory_order_release);  // sync: context-stop
      }
    }
    if (missed_the_end) {
      node->stop.request_stop();  // new, so nothing is registered with it
    }
  }
  return node->stop.get_token();
}

}  // namespace goro
