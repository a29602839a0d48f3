// What a context handle points to. Contexts form chains (each node owns its parent), and cancellation runs down the
// tree that the chains make together; that part is private to the library (src/context).
#pragma once

#include <cstdint>
#include <utility>

#include "goro/detail/atomic.hpp"
#include "goro/detail/deadline.hpp"

namespace goro::detail {

struct cancel_node;

// One link. Everything but the count is constant once the node is shared.
struct context_node {
  // Takes a reference to the parent (null: background). A node is cancelled with its parent and has its deadline,
  // unless the derived node says otherwise.
  context_node(context_node* parent_node, const char* what_it_is) noexcept;
  virtual ~context_node() = default;  // leaves `parent` to release()
  context_node(const context_node&) = delete;
  context_node& operator=(const context_node&) = delete;

  context_node* const parent;       // owned
  cancel_node* canceler = nullptr;  // what ends this context: this node or an ancestor; null: nothing does
  std::int64_t deadline_ns = never_ns;
  const void* key = nullptr;  // of a node with a value: identifies the key's type
  const void* value = nullptr;
  const char* const name;  // for to_string()
  atomic<std::uint32_t> references{1};
};

inline void retain(context_node* node) noexcept {
  if (node != nullptr) {
    node->references.fetch_add(1, memory_order_relaxed);  // relaxed: the caller has a reference
  }
}
// Destroys the node, and the chain above it, as far as nobody else refers to it.
void release(context_node* node) noexcept;

// An owned reference; null is the background context.
class node_ref {
 public:
  node_ref() noexcept = default;
  // Adopts a reference.
  explicit node_ref(context_node* node) noexcept : node_(node) {}
  node_ref(const node_ref& other) noexcept : node_(other.node_) { retain(node_); }
  node_ref(node_ref&& other) noexcept : node_(std::exchange(other.node_, nullptr)) {}
  node_ref& operator=(node_ref other) noexcept {
    std::swap(node_, other.node_);
    return *this;
  }
  ~node_ref() { release(node_); }

  context_node* get() const noexcept { return node_; }

 private:
  context_node* node_ = nullptr;
};

// The address of this variable stands for the key type. Not const: a linker may fold equal constants.
template <class Key>
inline char key_identity = 0;

template <class T>
struct value_node final : context_node {
  value_node(context_node* parent_node, const void* key_type, T&& v)
      : context_node(parent_node, ".with_value"), held(std::move(v)) {
    key = key_type;
    value = &held;
  }
  T held;
};

}  // namespace goro::detail
