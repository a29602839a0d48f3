// Contexts that a signal ends: a node of the tree of contexts that is also a listener.
//
// The signal starts a goroutine, which ends the tree: that may be large, and have callbacks of the user, for which the
// thread that delivers must not stand still. The goroutine's record is made with the context, so that nothing can fail
// then.
//
// The node listens from its making until its cancel function is called or gone. That function's copies together hold a
// reference to it, so it lives while it is linked; a delivery, under the registry's lock, can take another.
#include <string>

#include "context/cancel_node.hpp"
#include "goro/signal.hpp"
#include "sched/scheduler.hpp"
#include "signal/registry.hpp"

namespace goro {
namespace detail {
namespace {

class category final : public std::error_category {
 public:
  const char* name() const noexcept override { return "signal"; }
  std::string message(int signal) const override {
    return platform::description_of_signal(signal) + " signal received";
  }
};

// Never destroyed: error codes outlive the destructors of static objects.
union immortal {
  category it;
  constexpr immortal() noexcept : it() {}
  ~immortal() {}
};
constinit const immortal the_category;

// The name of the node in to_string(). A base, so that it is there before the node is.
struct node_text {
  // NOLINTNEXTLINE(google-explicit-constructor): it converts nothing
  explicit node_text(std::initializer_list<int> signals) : text(".notify_context") {
    for (const int& signal : signals) {
      text += (&signal == signals.begin() ? "[" : " ") + platform::description_of_signal(signal);
    }
    text += signals.size() != 0 ? "]" : "";
  }
  std::string text;
};

class notified_node final : node_text, public cancel_node, public signal_listener {
 public:
  notified_node(context_node* parent_node, std::initializer_list<int> signals)
      : node_text(signals),
        cancel_node(parent_node, text.c_str()),
        signal_listener(owner::itself),
        at_the_end_(prepared_go::make([this] {
          end_tree(*this, {errc::canceled, std::error_code(signal_, signal::error_category())});
          release(this);  // the reference that deliver() took
        })) {}

  // Only the first one: a context ends once.
  void deliver(int signal) noexcept override {
    if (signal_ == 0) {
      signal_ = signal;
      retain(this);
      sched::queue_launch_of_alarm(*at_the_end_.take(), nullptr, 0, nullptr);
    }
  }

 private:
  void cancel_called() noexcept override { signal_registry().remove(*this); }

  int signal_ = 0;  // what has ended it; guarded by the registry's lock, then the goroutine's
  prepared_go at_the_end_;
};

}  // namespace
}  // namespace detail

namespace signal {

const std::error_category& error_category() noexcept { return goro::detail::the_category.it; }

cancelable notify_context(const context& parent, std::initializer_list<int> signals) {
  auto* node = new goro::detail::notified_node(goro::detail::cancel_node::node_of(parent), signals);
  auto made = goro::detail::cancel_node::hand_out<cancelable>(node);
  goro::detail::signal_registry().want(*node, goro::detail::set_of_signals(signals));
  goro::detail::link_to_parent(*node);
  return made;
}

}  // namespace signal
}  // namespace goro
