// A context that can end: its state, what hangs on it, and the walk that ends a tree.
//
// States, of which `state` is the record
//   live     not ended                                              left by end_node() under the lock
//   closing  ended: how, cause are final; done is about to close    left by that same call, after closing done
//   ended    final; done is closed, or was never asked for
// A done channel that is seen closed was closed in `closing`, so err is set. An err() that meets `closing` waits for
// the channel, so a set err means a closed channel. With no channel the step is from live to ended, and done() then
// gives a channel that has always been closed.
//
// Locks: each node has one, of rank `context`. At most one of them is held at a time, for a few instructions, and
// nothing else runs under it than list operations and interruption::interrupt(), which takes a wait bucket. No user
// code, no wake-up, no channel operation, no allocation. So there is no order among nodes to keep.
//
// Who owns what: a node owns its parent, never its children; the parent's list only knows them. A child leaves the list
// in end_tree() or in its destructor, both under the parent's lock, so a child that is found there can be retained
// unless its count is zero already.
//
// end_tree() goes down the tree without recursion and without memory of its own. A child stays in its parent's list
// until all that is below it has ended. So a second caller who finds the context ended walks too, helps, and is not
// done before the first: when any cancel returns, the whole tree has ended.
#pragma once

#include <optional>
#include <stop_token>

#include "base/lock.hpp"
#include "context/hook_list.hpp"
#include "goro/context.hpp"
#include "platform/sanitizer.hpp"

namespace goro::detail {

// How a context ended. No cause: the error itself.
struct ending {
  errc how = errc::canceled;
  std::error_code cause = {};
};

struct cancel_node : context_node {
  enum : std::uint32_t { live, closing, ended };

  // A child of `parent_node`, not yet linked to it: see link_to_parent().
  cancel_node(context_node* parent_node, const char* what_it_is) noexcept;
  ~cancel_node() override;

  bool has_ended() const noexcept { return state.load(base::memory_order_acquire) != live; }  // sync: context-end
  std::error_code error() const noexcept { return make_error_code(end.how); }                 // once it has ended
  std::error_code cause() const noexcept { return end.cause ? end.cause : error(); }

  // The canceler above this one, or null.
  cancel_node* canceler_above() const noexcept { return parent != nullptr ? parent->canceler : nullptr; }

  // Called once, in end_node(), without a lock.
  virtual void release_resources() noexcept {}
  // Called by each call of the cancel function and when its last copy goes, after the tree has ended.
  virtual void cancel_called() noexcept {}

  // For the makers of contexts: what a handle and its cancel function hold.
  template <class Result>
  static Result hand_out(cancel_node* node) noexcept {
    Result result;
    retain(node);  // all cancel functions together have one reference
    result.ctx = context(node_ref(node));
    result.cancel = decltype(result.cancel)(node);
    return result;
  }
  static context hand_out_context(cancel_node* node) noexcept { return context(node_ref(node)); }
  static context_node* node_of(const context& ctx) noexcept { return ctx.node_.get(); }
  static cancel_node* canceler_of(const context& ctx) noexcept { return ctx.canceler(); }

  base::lock lock{base::lock_rank::context};
  base::atomic<std::uint32_t> state{live};
  ending end;                          // written by end_node(), before state
  hook_list hooks;                     // guarded by lock; empty for good once the tree has ended
  base::atomic<bool> has_done{false};  // done is set, for good
  base::atomic<bool> has_stop{false};  // the same of stop
  chan<void> done;
  std::stop_source stop{std::nostopstate};
  base::atomic<std::uint32_t> cancel_functions{1};  // copies of the cancel function
  cancel_node* next_to_stop = nullptr;              // for end_tree()

  struct child_hook : cancel_hook {
    explicit child_hook(cancel_node& n) noexcept : cancel_hook(kind::child), node(n) {}
    cancel_node& node;
  } as_child{*this};  // guarded by the lock of canceler_above()
};

// The lock of a node, with what it orders made known to ThreadSanitizer, which does not see the lock's slow path.
class node_guard {
 public:
  explicit node_guard(cancel_node& node) noexcept : node_(&node) {
    node.lock.acquire();
    platform::sanitizer_acquire(&node.lock);
  }
  ~node_guard() { release(); }
  node_guard(const node_guard&) = delete;
  node_guard& operator=(const node_guard&) = delete;

  void release() noexcept {
    if (node_ != nullptr) {
      platform::sanitizer_release(&node_->lock);
      std::exchange(node_, nullptr)->lock.release();
    }
  }

 private:
  cancel_node* node_;
};

// Hangs a new node under its parent; ends it if the parent has ended or ends meanwhile.
void link_to_parent(cancel_node& node) noexcept;

// Ends `root` and all that is below it; helps when that is already under way. The caller has a reference.
void end_tree(cancel_node& root, const ending& how) noexcept;

// Hangs `hook` on the node; false when the node has ended and the hook's turn has come.
bool add_hook(cancel_node& node, cancel_hook& hook) noexcept;

// A reference to a node that may be on its way to be destroyed: false if it is. The caller keeps its memory from going.
bool try_retain(context_node& node) noexcept;

}  // namespace goro::detail
