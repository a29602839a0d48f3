#include "platform/context.hpp"

#include <cstdint>
#include <new>

extern "C" void goro_context_entry();  // context.S; not a function to call

namespace goro::platform {
namespace {

// The frame that context.S loads.
struct saved_frame {
  void* frame_pointer;
  void (*return_address)();
  void* x19;
  void* x20_to_x28[9];
  double d8_to_d15[8];
  std::uint64_t fpcr;  // 0: a new context computes like a new process
  std::uint64_t padding;
  // Above the frame: what a walker of frame pointers meets.
  void* end[2];
};
static_assert(sizeof(saved_frame) == 176 + 16, "context.S knows the layout, and the stack stays aligned to 16 bytes");

}  // namespace

context make_context(std::byte* stack_top, void (*entry)(after_switch)) noexcept {
  auto* frame = ::new (static_cast<void*>(stack_top - sizeof(saved_frame))) saved_frame{};
  frame->return_address = &goro_context_entry;
  frame->x19 = reinterpret_cast<void*>(entry);
  return {frame};
}

void reset_float_control() noexcept {
  std::uint64_t now;
  asm volatile("mrs %0, fpcr" : "=r"(now));
  if (now != 0) {  // writing it may drain the pipeline
    asm volatile("msr fpcr, xzr");
  }
}

}  // namespace goro::platform
