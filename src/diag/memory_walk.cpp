#include "diag/memory_walk.hpp"

#include <algorithm>

#include "stack/address_map.hpp"

namespace goro::diag {
namespace {
constexpr std::size_t buffer_words = 4096;
}

bool memory_walk::run(base::function_ref<bool(const seen_goroutine&)> leave_out, visitor visit) noexcept {
  buffer_ = static_cast<word*>(memory_.allocate(buffer_words * sizeof(word)));
  if (buffer_ == nullptr || !list_thread_stacks()) {
    return false;
  }
  for (const seen_goroutine& g : all_.goroutines()) {
    if (!leave_out(g)) {
      show_stack_of(g, visit);
    }
  }
  return platform::for_each_written_range([&](platform::memory_range range, platform::memory_range mapping) {
    const auto low = reinterpret_cast<word>(range.base);
    show_range(low, low + range.size, mapping, visit);
  });
}

bool memory_walk::list_thread_stacks() noexcept {
  bool complete = true;
  const auto note = [&](word stack_pointer) {
    if (stack::find_place(reinterpret_cast<const std::byte*>(stack_pointer)).owner != nullptr) {
      return;  // a goroutine's stack
    }
    auto* t = memory_.make<thread_stack>(stack_pointer, threads_);
    complete = complete && t != nullptr;
    threads_ = t != nullptr ? t : threads_;
  };
  complete = platform::for_each_other_thread([&](int, const std::byte* stack_pointer) {
               constexpr word red_zone = 128;
               if (stack_pointer != nullptr) {
                 note(reinterpret_cast<word>(stack_pointer) - red_zone);
               }
             }) &&
             complete;
  note(here_);
  if (const auto* own = static_cast<const std::byte*>(__builtin_frame_address(0));
      reinterpret_cast<word>(own) > here_ || here_ - reinterpret_cast<word>(own) > (word{1} << 20)) {
    note(reinterpret_cast<word>(platform::thread_stack().high));  // a helper's stack, all of it the search's own
  }
  return complete;
}

void memory_walk::show_stack_of(const seen_goroutine& g, visitor visit) noexcept {
  const sched::goroutine_view& who = g.who;
  if (who.stack_high == nullptr) {
    return;
  }
  word low =
      who.saved != nullptr ? reinterpret_cast<word>(who.saved->stack_pointer) : reinterpret_cast<word>(who.stack_low);
  const auto high = reinterpret_cast<word>(who.stack_high);
  if (here_ >= low && here_ < high) {
    low = here_;
  }
  show(low, high, visit);
}

// A run of pages. Stacks of goroutines are looked at elsewhere; of a thread's stack the part below its stack pointer is
// dead, if nothing else stands in that mapping also where pages in between were never touched.
void memory_walk::show_range(word low, word high, platform::memory_range mapping, visitor visit) noexcept {
  constexpr word step = word{64} << 10;
  const auto mapped_low = reinterpret_cast<word>(mapping.base);
  const word mapped_high = mapped_low + mapping.size;
  const bool alone = platform::is_stack_alone(mapping);
  for (const thread_stack* t = threads_; t != nullptr; t = t->next) {
    if (t->used_from > low && t->used_from > mapped_low && t->used_from <= (alone ? mapped_high : high)) {
      low = t->used_from & ~(sizeof(word) - 1);
    }
  }
  while (low < high) {
    const word end = std::min(high, (low & ~(step - 1)) + step);
    if (stack::find_place(reinterpret_cast<const std::byte*>(low)).owner == nullptr) {
      show(low, end, visit);
    }
    low = end;
  }
}

void memory_walk::show(word low, word high, visitor visit) noexcept {
  while (low < high) {
    const std::size_t size = std::min<std::size_t>(buffer_words * sizeof(word), high - low);
    const std::size_t got = platform::read_own_memory(reinterpret_cast<const std::byte*>(low), buffer_, size);
    visit(low, {buffer_, got / sizeof(word)});
    low += got == 0 ? std::min<std::size_t>(size, platform::page_size - low % platform::page_size) : got;
  }
}

}  // namespace goro::diag
