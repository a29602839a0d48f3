// Contexts that end at a point in time: an alarm that starts a goroutine, which ends the tree. The alarm itself rings
// on a worker's stack, where neither a large tree nor the user's stop callbacks may run. The goroutine's record is made
// with the context, so that nothing can fail when the time comes.
#include <memory>

#include "base/local_time.hpp"
#include "context/cancel_node.hpp"
#include "sched/alarm.hpp"
#include "sched/scheduler.hpp"

namespace goro {
namespace detail {
namespace {

class deadline_node final : public cancel_node {
 public:
  deadline_node(context_node* parent_node, std::int64_t when_ns, std::error_code cause)
      : cancel_node(parent_node, ".with_deadline"), cause_(cause), at_the_end_(prepared_go::make([this] {
          end_tree(*this, ending_by_time());
          release(this);  // the reference that claim() took
        })) {
    deadline_ns = when_ns;
  }
  // Where the alarm has not rung; one that rings now meets a count of zero.
  ~deadline_node() override { alarm_.stop(); }

  void start_alarm() noexcept { alarm_.start(deadline_ns); }
  ending ending_by_time() const noexcept { return {errc::deadline_exceeded, cause_}; }

 private:
  struct node_alarm : sched::alarm {
    explicit node_alarm(deadline_node& n) noexcept : alarm(functions), node(n) {}
    deadline_node& node;
  };

  static bool claim(sched::alarm& alarm) noexcept { return try_retain(static_cast<node_alarm&>(alarm).node); }

  static void ring(sched::alarm& alarm, std::uint32_t, base::nanoseconds) noexcept {
    launch_header* launch = static_cast<node_alarm&>(alarm).node.at_the_end_.take();
    sched::queue_launch_of_alarm(*launch, nullptr, 0, alarm.home());  // the node belongs to that goroutine now
  }

  static constexpr sched::alarm_functions functions{&claim, &ring};

  void release_resources() noexcept override { alarm_.stop(); }

  const std::error_code cause_;
  prepared_go at_the_end_;
  node_alarm alarm_{*this};
};

}  // namespace

// The alarm may ring before the node is linked to its parent: link_to_parent() knows.
cancelable make_deadline_context(const context& parent, std::int64_t deadline_ns, std::error_code cause) {
  context_node* above = cancel_node::node_of(parent);
  if (deadline_ns == never_ns || (above != nullptr && above->deadline_ns < deadline_ns)) {
    return with_cancel(parent);
  }
  auto* node = new deadline_node(above, deadline_ns, cause);
  const bool over = deadline_ns <= base::local_now_ns();
  if (!over) {
    node->start_alarm();
  }
  link_to_parent(*node);
  if (over) {
    end_tree(*node, node->ending_by_time());
  }
  return cancel_node::hand_out<cancelable>(node);
}

}  // namespace detail
}  // namespace goro
