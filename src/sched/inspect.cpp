// Goroutines are registered nowhere: that would cost each of them more than its start. They are found where they are:
// one that has a stack, in its slot of the arena (a control block is a goroutine's exactly while it has a record), one
// that has not begun, in a queue.
#include "sched/inspect.hpp"

#include "platform/sanitizer.hpp"
#include "sched/pause.hpp"

namespace goro::sched {
namespace {

using visitor = base::function_ref<void(const goroutine_view&)>;

goroutine_view view_of_fresh(launch& l) noexcept {
  goroutine_view view{};
  view.id = l.id;
  view.name = name_of(l);
  view.creator = l.creator;
  view.parent_id = l.parent_id;
  view.state = goroutine_state::runnable;
  view.record = &l;
  return view;
}

class survey {
 public:
  explicit survey(visitor each) noexcept : each_(each), number_(++last_number) {}

  void queues() noexcept {
    {
      const base::lock_guard hold(sched.lock);
      sched.global_queue.for_each([this](runnable r) { queued(r); });
    }
    const std::uint32_t made = sched.processors_made.load(base::memory_order_acquire);  // sync: processors-made
    for (std::uint32_t i = 0; i < made; ++i) {
      const processor& p = *sched.processors[i].load(base::memory_order_relaxed);
      p.fresh.for_each([this](runnable r) { queued(r); });
      p.queue.for_each([this](runnable r) { queued(r); });
    }
    for (worker* w = sched.workers.load(base::memory_order_acquire); w != nullptr;
         w = w->next_made) {  // sync: worker-made
      queued(w->handed);
      queued(w->given);
    }
  }

  void stacks() noexcept {
    stack::for_each_taken([this](stack::slot s) {
      const auto& g = *reinterpret_cast<const goroutine*>(s.top() - sizeof(goroutine));
      if (g.record != nullptr) {
        visit(g);
      }
    });
  }

 private:
  void queued(runnable r) noexcept {
    if (!r) {
      return;
    }
    if (r.is_fresh()) {
      each_(view_of_fresh(r.as_launch()));
    } else {
      r.as_goroutine().seen_in_queue = number_;
    }
  }

  void visit(const goroutine& g) noexcept {
    goroutine_view view = view_of(g);
    if (view.state == goroutine_state::waiting && g.seen_in_queue == number_) {
      view.state = goroutine_state::runnable;
    }
    each_(view);
  }

  static inline std::uint32_t last_number = 0;  // only who has paused the world makes a survey
  visitor each_;
  const std::uint32_t number_;
};

}  // namespace

goroutine_view view_of(const goroutine& g) noexcept {
  const bool runs = g.on != nullptr && g.on->current == &g;
  goroutine_view view{};
  view.id = g.record->id;
  view.name = name_of(*g.record);
  view.creator = g.record->creator;
  view.parent_id = g.record->parent_id;
  view.stack_low = g.stack.limit();
  view.stack_high = reinterpret_cast<const std::byte*>(&g);
  view.waits_for = runs ? wait_reason::none : g.reason;
  view.locked_to_thread = g.lock_depth != 0;
  if (runs) {
    view.state = g.blocking_depth != 0 ? goroutine_state::blocking : goroutine_state::running;
  } else {
    view.state = g.reason != wait_reason::none ? goroutine_state::waiting : goroutine_state::runnable;
    view.saved = &g.context;
  }
  view.waiting_since = g.waiting_since;
  view.may_give_up = g.may_give_up;
  view.object = g.waits_for;
  view.record = g.record;
  view.worker_of = runs ? g.on : nullptr;
  view.locked_to = g.locked_to;
  return view;
}

std::size_t record_size(const launch& l) noexcept {
  return l.size_class == launch_large ? 0 : launch_block_size(static_cast<std::uint8_t>(l.size_class));
}

void for_each_goroutine(const paused_world& world, visitor each) noexcept {
  base::check(static_cast<bool>(world), "the world is paused");
  const platform::sanitizer_unobserved quiet;  // the pause orders it all, unseen by ThreadSanitizer
  survey s(each);
  s.queues();
  s.stacks();
}

}  // namespace goro::sched
