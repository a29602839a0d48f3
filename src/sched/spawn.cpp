// The go statement: a record with the closure, queued. No stack yet.
#include <cstring>
#include <new>
#include <string>

#include "base/check.hpp"
#include "base/hooks.hpp"
#include "goro/go.hpp"
#include "platform/sanitizer.hpp"
#include "sched/block.hpp"
#include "sched/bubble.hpp"
#include "sched/inside.hpp"
#include "sched/scheduler.hpp"

namespace goro::sched {
namespace {

// The search for leaks reads blocks that are free too: no handles shall be left in this one.
void wipe(launch& l, std::uint8_t size_class) noexcept {
  std::memset(reinterpret_cast<std::byte*>(&l) + detail::launch_header_size, 0,
              launch_block_size(size_class) - detail::launch_header_size);
}

void free_record(launch& l) noexcept {
  if (l.size_class != launch_large) {
    wipe(l, static_cast<std::uint8_t>(l.size_class));
  }
  // The alignment is what make_launch asked for; operator delete needs it back.
  give_block_of(&l, static_cast<std::uint8_t>(l.size_class), std::size_t{1} << l.alignment_log2);
}

stack::size_class stack_class_for(std::size_t usable) {
  if (usable == 0) {
    return stack::default_class;
  }
  const stack::class_choice choice = usable >= smallest_stack && usable <= stack::largest_size
                                         ? stack::class_for(usable + stack_overhead)
                                         : stack::class_choice{};
  if (!choice.possible) {
    panic_stack_size(usable);
  }
  return choice.chosen;
}

// Ids come in blocks, so that a go statement needs no shared counter.
std::uint64_t new_id(processor* p) noexcept {
  constexpr std::uint64_t block = 64;
  if (p == nullptr) {
    return sched.next_id.fetch_add(1, base::memory_order_relaxed);
  }
  if (p->next_id == p->last_id) {
    p->next_id = sched.next_id.fetch_add(block, base::memory_order_relaxed);
    p->last_id = p->next_id + block;
  }
  return p->next_id++;
}

}  // namespace

namespace {

void note_creation([[maybe_unused]] launch& l, [[maybe_unused]] const void* creator) noexcept {
#if GORO_WITH_TSAN
  if (auto* calls = base::creation_hook.load(base::memory_order_acquire)) {  // sync: hook
    l.creation = calls(creator);
  }
#endif
}

// Numbers the record and queues it, with the caller's processor or, when it has none, where all look; or in `home`.
// True: somebody else may have to be woken for it.
[[gnu::always_inline]] inline bool put_in_queue(worker* w, launch& l, const void* creator, std::uint64_t id,
                                                std::uint64_t parent_id, bubble* home) noexcept {
  if (home != nullptr) [[unlikely]] {
    home->adopt(l);
  }
  const inside_runtime section(w);
  processor* p = section.held();
  l.creator = creator;
  l.parent_id = parent_id;
  l.id = id != 0 ? id : new_id(p);
  platform::sanitizer_release(
      &l);  // the go statement, or what set the alarm off, happens before the start of the goroutine
  if (p != nullptr) {
    count_up(p->started);
  } else {
    sched.started_elsewhere.fetch_add(1, base::memory_order_relaxed);
  }
  if (home != nullptr) [[unlikely]] {
    home->add_ready(*member_of(l), runnable::fresh(l));
  } else if (p != nullptr) {
    push_local_fresh(*p, l);
  } else {
    push_global(runnable::fresh(l));
  }
  return home == nullptr && !is_only_processor(p);
}

}  // namespace

void queue_launch(launch& l, const void* creator, std::uint64_t id) noexcept {
  worker* w = this_worker();
  if (w == nullptr) {
    enter_from_thread();
  } else if (sched.stop_reason.load(base::memory_order_relaxed) == scheduler::forked) [[unlikely]] {
    fail_after_fork();
  }
  note_creation(l, creator);
  bubble* const home = bubble::of_caller();
  const std::uint64_t parent = w != nullptr && w->current != nullptr ? w->current->record->id : 0;
  const bool look_for_help = put_in_queue(w, l, creator, id, parent, home);
  if (home != nullptr) [[unlikely]] {
    preemption_point();
    return;
  }
  if (look_for_help) {
    wake_for_work();
  }
  if (w != nullptr && w->preempt_requested.load(base::memory_order_relaxed)) [[unlikely]] {
    yield();
  }
}

void queue_launch_of_alarm(launch& l, const void* creator, std::uint64_t parent_id, bubble* home) noexcept {
  if (put_in_queue(this_worker(), l, creator, 0, parent_id, home)) {
    wake_for_work();
  }
}

void queue_launch_in(bubble& home, launch& l, const void* creator) noexcept {
  note_creation(l, creator);
  put_in_queue(this_worker(), l, creator, 0, goroutine_id(), &home);
}

void panic_stack_size(std::size_t asked) {
  const std::size_t most = stack::largest_size - stack::guard_size - stack_overhead;
  const std::string text = "goro: stack_size " + std::to_string(asked) +
                           " is out of bounds: " + std::to_string(smallest_stack) + " to " + std::to_string(most) +
                           " bytes";
  base::raise_panic(text.c_str());
}

void drop_record(launch& l, processor* p) noexcept {
  const auto size_class = static_cast<std::uint8_t>(l.size_class);
  if (p == nullptr || size_class == launch_large || l.extras != nullptr) [[unlikely]] {
    detail::drop_launch(&l);
    return;
  }
  wipe(l, size_class);
  p->launches.give(size_class, &l);
}

std::string_view name_of(const launch& l) noexcept {
  return l.extras != nullptr ? std::string_view{static_cast<const launch_extras*>(l.extras)->name} : std::string_view{};
}

}  // namespace goro::sched

namespace goro::detail {

launch_header* make_launch(std::size_t closure_offset, std::size_t closure_size, std::size_t closure_alignment,
                           const go_options* options) {
  using namespace sched;
  const std::size_t size = closure_offset + closure_size;
  const std::size_t alignment = closure_alignment > 16 ? closure_alignment : 16;
  const std::uint8_t size_class = block_class_for(size, alignment);
  const stack::size_class stack_class =
      options != nullptr ? stack_class_for(options->stack_size) : stack::default_class;
  auto* l = ::new (take_block_of(size_class, size, alignment)) launch_header;
  l->size_class = size_class;
  l->alignment_log2 = static_cast<std::uint64_t>(__builtin_ctzll(alignment)) & 0xf;
  l->stack_class = stack_class;
  if (options != nullptr && !options->name.empty()) {
    launch_owner owner{l};
    l->extras = new launch_extras{std::string{options->name}, {}};
    owner.launch = nullptr;
  }
  return l;
}

void drop_launch(launch_header* launch) noexcept {
  delete static_cast<sched::launch_extras*>(launch->extras);
  sched::free_record(*launch);
}

// noinline, as all that take their return address for the caller's: link-time optimisation would put it into the
// caller.
[[gnu::noinline]] void submit_launch(launch_header* launch) noexcept {
  sched::queue_launch(*launch, __builtin_extract_return_addr(__builtin_return_address(0)), 0);
}

void fatal_nil_function() noexcept { base::fatal_error("go of nil func value"); }

}  // namespace goro::detail
