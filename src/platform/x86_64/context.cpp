#include "platform/context.hpp"

#include <cstdint>
#include <new>

extern "C" void goro_context_entry();  // context.S; not a function to call

namespace goro::platform {
namespace {

// The frame that context.S pops.
struct saved_frame {
  std::uint32_t mxcsr;
  std::uint16_t x87_control;
  std::uint16_t padding;
  void* r15;
  void* r14;
  void* r13;
  void* r12;
  void* rbx;
  void* rbp;
  void (*return_address)();
  // Above the frame: what a walker of frame pointers meets.
  void* end[2];
};
static_assert(sizeof(saved_frame) == 80, "context.S knows the layout, and the stack stays aligned to 16 bytes");

// A new context computes like a new process, whatever the goroutine that happens to start it has set.
constexpr std::uint32_t default_mxcsr = 0x1F80;
constexpr std::uint16_t default_x87_control = 0x037F;

}  // namespace

context make_context(std::byte* stack_top, void (*entry)(after_switch)) noexcept {
  auto* frame = ::new (static_cast<void*>(stack_top - sizeof(saved_frame))) saved_frame{};
  frame->mxcsr = default_mxcsr;
  frame->x87_control = default_x87_control;
  frame->rbx = reinterpret_cast<void*>(entry);
  frame->return_address = &goro_context_entry;
  return {frame};
}

void reset_float_control() noexcept {
  asm volatile("ldmxcsr %0\n\tfldcw %1" : : "m"(default_mxcsr), "m"(default_x87_control));
}

}  // namespace goro::platform
