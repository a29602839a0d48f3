#include "goro/context.hpp"

#include <vector>

#include "base/clock.hpp"
#include "context/cancel_node.hpp"

namespace goro {

using detail::cancel_node;
using detail::node_guard;

namespace {

// What done() gives when nobody asked before the context ended.
recv_chan<void> closed_channel() {
  static const chan<void>& closed = []() -> const chan<void>& {
    auto& made = *new chan<void>(make_chan<void>());  // never destroyed: contexts outlive static objects
    made.close();
    return made;
  }();
  return closed;
}

}  // namespace

// Looking at a context
// ------------------------------------------------------------------------------------------------------------------

recv_chan<void> context::done() const {
  cancel_node* node = canceler();
  if (node == nullptr) {
    return {};
  }
  if (!node->has_done.load(base::memory_order_acquire)) {  // sync: context-done
    chan<void> fresh = make_chan<void>();
    node_guard hold(*node);
    if (!node->has_done.load(base::memory_order_relaxed)) {
      if (node->has_ended()) {
        hold.release();
        return closed_channel();
      }
      node->done = std::move(fresh);
      node->has_done.store(true, base::memory_order_release);  // sync: context-done
    }
  }
  return node->done;
}

std::error_code context::err() const noexcept {
  cancel_node* node = canceler();
  if (node == nullptr) {
    return {};
  }
  const std::uint32_t state = node->state.load(base::memory_order_acquire);  // sync: context-end
  if (state == cancel_node::live) {
    return {};
  }
  if (state == cancel_node::closing) {
    node->done.recv();  // another thread is about to close it
  }
  return node->error();
}

std::error_code context::cause() const noexcept {
  const std::error_code error = err();
  return error ? canceler()->cause() : error;
}

std::optional<time_point> context::deadline() const noexcept {
  if (node_.get() == nullptr || node_.get()->deadline_ns == detail::never_ns) {
    return std::nullopt;
  }
  return time_point(std::chrono::nanoseconds(node_.get()->deadline_ns));
}

const void* context::find_value(const void* key) const noexcept {
  const detail::context_node* node = node_.get();
  while (node != nullptr && node->key != key) {
    node = node->parent;
  }
  return node != nullptr ? node->value : nullptr;
}

std::string to_string(const context& ctx) {
  std::vector<const char*> names;
  for (const detail::context_node* node = ctx.node_.get(); node != nullptr; node = node->parent) {
    names.push_back(node->name);
  }
  std::string text = "background";
  while (!names.empty()) {
    text += names.back();
    names.pop_back();
  }
  return text;
}

// Making one
// ------------------------------------------------------------------------------------------------------------------

namespace {

template <class Result>
Result make_cancelable(const context& parent, const char* name) {
  auto* node = new cancel_node(cancel_node::node_of(parent), name);
  detail::link_to_parent(*node);
  return cancel_node::hand_out<Result>(node);
}

// A node that cuts the chain of cancellation.
struct uncanceled_node final : detail::context_node {
  explicit uncanceled_node(context_node* parent_node) noexcept : context_node(parent_node, ".without_cancel") {
    canceler = nullptr;
    deadline_ns = detail::never_ns;
  }
};

}  // namespace

cancelable with_cancel(const context& parent) { return make_cancelable<cancelable>(parent, ".with_cancel"); }

cancelable_cause with_cancel_cause(const context& parent) {
  return make_cancelable<cancelable_cause>(parent, ".with_cancel_cause");
}

context without_cancel(const context& parent) {
  return context(detail::node_ref(new uncanceled_node(parent.node_.get())));
}

// Cancel functions
// ------------------------------------------------------------------------------------------------------------------

namespace detail {

cancel_handle::cancel_handle(const cancel_handle& other) noexcept : node_(other.node_) {
  if (node_ != nullptr) {
    node_->cancel_functions.fetch_add(1, base::memory_order_relaxed);  // relaxed: `other` holds one
  }
}

cancel_handle::~cancel_handle() {
  if (node_ != nullptr &&
      node_->cancel_functions.fetch_sub(1, base::memory_order_acq_rel) == 1) {  // sync: cancel-function
    end_tree(*node_, {});
    node_->cancel_called();
    release(node_);
  }
}

void cancel_handle::cancel(std::error_code cause) const noexcept {
  if (node_ != nullptr) {
    end_tree(*node_, {errc::canceled, cause});
    node_->cancel_called();
  }
}

}  // namespace detail
}  // namespace goro
