// The end of a context and of all below it. cancel_node.hpp has the rules.
#include "context/after_func_entry.hpp"
#include "context/cancel_node.hpp"
#include "context/wait_hook.hpp"
#include "goro/go.hpp"

namespace goro::detail {
namespace {

// Nodes whose stop tokens were asked for, ended in this walk; each with a reference. User code hangs on those, so they
// come last, when the tree has ended: a callback may look at any context in it.
class nodes_to_stop {
 public:
  void add(cancel_node& node) noexcept {
    retain(&node);
    node.next_to_stop = nullptr;
    *last_ = &node;
    last_ = &node.next_to_stop;
  }

  void stop_all() noexcept {
    while (first_ != nullptr) {
      cancel_node* node = std::exchange(first_, first_->next_to_stop);
      // The standard library knows who runs the callbacks by the thread: a goroutine keeps its own meanwhile.
      lock_os_thread();
      node->stop.request_stop();
      unlock_os_thread();
      release(node);
    }
  }

 private:
  cancel_node* first_ = nullptr;
  cancel_node** last_ = &first_;
};

// The step out of `live`, if nobody has made it.
void end_node(cancel_node& node, const ending& how, nodes_to_stop& stopping) noexcept {
  bool has_done = false;
  bool has_stop = false;
  {
    const node_guard hold(node);
    if (node.has_ended()) {
      return;
    }
    node.end = how;
    has_done = node.has_done.load(base::memory_order_relaxed);  // relaxed: written under the lock
    has_stop = node.has_stop.load(base::memory_order_relaxed);
    node.state.store(has_done ? cancel_node::closing : cancel_node::ended,
                     base::memory_order_release);  // sync: context-end
  }
  if (has_done) {
    node.done.close();
    node.state.store(cancel_node::ended, base::memory_order_release);  // sync: context-end
  }
  node.release_resources();
  if (has_stop) {
    stopping.add(node);
  }
}

void leave_parent(cancel_node& node) noexcept {
  if (cancel_node* above = node.canceler_above()) {
    const node_guard hold(*above);
    above->hooks.remove(node.as_child);
  }
}

void interrupt_wait(cancel_node& node, wait_hook& hook, node_guard& hold) noexcept {
  node.hooks.remove(hook);
  sched::waiter* waiter = hook.interruption().interrupt();
  hold.release();
  if (waiter != nullptr) {
    waiter->make_ready();
  }
}

void start_call(cancel_node& node, after_func_entry& entry, node_guard& hold) noexcept {
  node.hooks.remove(entry);
  const std::shared_ptr<after_func_entry> from_list = std::move(entry.self);
  hold.release();
  from_list->start();
}

// Serves what hangs on an ended node. Returns a child that has still to end, with a reference, or null: nothing is
// left.
cancel_node* next_child(cancel_node& node) noexcept {
  for (;;) {
    node_guard hold(node);
    cancel_hook* hook = node.hooks.front();
    if (hook == nullptr) {
      return nullptr;
    }
    switch (hook->what) {
      case cancel_hook::kind::wait:
        interrupt_wait(node, static_cast<wait_hook&>(*hook), hold);
        break;
      case cancel_hook::kind::call:
        start_call(node, static_cast<after_func_entry&>(*hook), hold);
        break;
      case cancel_hook::kind::child: {
        cancel_node& child = static_cast<cancel_node::child_hook&>(*hook).node;
        if (try_retain(child)) {
          return &child;
        }
        node.hooks.remove(*hook);  // on its way to be destroyed: nobody has it, so it has nothing below it
        break;
      }
    }
  }
}

}  // namespace

void end_tree(cancel_node& root, const ending& how) noexcept {
  nodes_to_stop stopping;
  end_node(root, how, stopping);
  for (cancel_node* current = &root;;) {
    if (cancel_node* child = next_child(*current)) {
      end_node(*child, {current->end.how, current->cause()}, stopping);
      current = child;
      continue;
    }
    leave_parent(*current);  // all below it has ended
    if (current == &root) {
      break;
    }
    cancel_node* above = current->canceler_above();  // it is on our way, so we have a reference
    release(current);
    current = above;
  }
  stopping.stop_all();
}

bool add_hook(cancel_node& node, cancel_hook& hook) noexcept {
  const node_guard hold(node);
  if (node.has_ended()) {
    return false;
  }
  // Waits and calls first: they should not have to wait for the end of a large tree.
  if (hook.what == cancel_hook::kind::child) {
    node.hooks.push_back(hook);
  } else {
    node.hooks.push_front(hook);
  }
  return true;
}

// The node may end by its own timer or token before it is linked, and then nobody would take it off again: so it looks
// once more. Either the leave_parent() of that end comes after our step, under the parent's lock, or we see the end.
void link_to_parent(cancel_node& node) noexcept {
  cancel_node* above = node.canceler_above();
  if (above == nullptr) {
    return;
  }
  if (!add_hook(*above, node.as_child)) {
    end_tree(node, {above->end.how, above->cause()});
  } else if (node.has_ended()) {
    leave_parent(node);
  }
}

bool try_retain(context_node& node) noexcept {
  std::uint32_t seen = node.references.load(base::memory_order_relaxed);
  while (seen != 0) {
    // relaxed: the caller's lock orders; a node that is destroyed takes that lock first.
    if (node.references.compare_exchange_weak(seen, seen + 1, base::memory_order_relaxed)) {
      return true;
    }
  }
  return false;
}

}  // namespace goro::detail
