#include "diag/call_stack.hpp"

#include <unwind.h>

#include "platform/module.hpp"

namespace goro::diag {
namespace {

// A stack that is damaged may lead in circles.
constexpr std::size_t most_frames = 1'000'000;
constexpr std::size_t most_frames_in_handler = 100'000;  // the thread takes no signal meanwhile

struct walk {
  call_stack& calls;
  bool in_handler;  // what was met so far belongs to the signal handler, not to the trace
  std::size_t most = most_frames;
  bool beneath = false;  // the same of what leads to goro_call_beneath
};

_Unwind_Reason_Code visit(_Unwind_Context* context, void* data) {
  walk& w = *static_cast<walk*>(data);
  int interrupted = 0;
  const auto next = static_cast<std::uintptr_t>(_Unwind_GetIPInfo(context, &interrupted));
  if (next == 0) {
    return _URC_END_OF_STACK;
  }
  if (interrupted != 0 && w.in_handler) {
    w.calls.clear();
    w.in_handler = false;
  }
  if (w.beneath) {
    w.beneath = reinterpret_cast<void (*)(const platform::context*, void (*)(void*), void*)>(
                    _Unwind_GetRegionStart(context)) != &platform::goro_call_beneath;
    return _URC_NO_REASON;
  }
  w.calls.add({next, interrupted == 0});
  return w.calls.size() < w.most ? _URC_NO_REASON : _URC_END_OF_STACK;
}

// For code that no unwind information covers (a call of a null or wild pointer): its caller's address is the top word
// of the stack, and beyond that the chain of frame pointers may lead on.
void follow_frame_pointers(call_stack& calls, const platform::memory_fault& fault, const std::byte* low,
                           const std::byte* high) noexcept {
  using word = std::uintptr_t;
  const auto readable = [low, high](const void* p) {
    const auto* at = static_cast<const std::byte*>(p);
    return at >= low && at + 2 * sizeof(word) <= high && reinterpret_cast<word>(at) % sizeof(word) == 0;
  };
  calls.clear();
  calls.add({reinterpret_cast<word>(fault.program_counter), false});
  platform::module_symbol unused;
  if (readable(fault.stack_pointer)) {
    const word top = *reinterpret_cast<const word*>(fault.stack_pointer);
    if (platform::find_module(top, unused)) {
      calls.add({top, true});
    }
  }
  const void* frame = fault.frame_pointer;
  while (readable(frame) && calls.size() < most_frames) {
    const word* pair = static_cast<const word*>(frame);  // the caller's frame pointer, the return address
    if (!platform::find_module(pair[1], unused)) {
      break;
    }
    calls.add({pair[1], true});
    const void* next = reinterpret_cast<const void*>(pair[0]);
    if (next <= frame) {
      break;
    }
    frame = next;
  }
}

}  // namespace

call_stack call_stack::here() noexcept {
  call_stack calls;
  walk w{calls, false};
  _Unwind_Backtrace(&visit, &w);
  return calls;
}

call_stack call_stack::interrupted() noexcept {
  call_stack calls;
  walk w{calls, true, most_frames_in_handler};
  _Unwind_Backtrace(&visit, &w);
  if (w.in_handler) {
    calls.clear();  // the way out of the handler was not found
  }
  return calls;
}

call_stack call_stack::parked(const platform::context& saved) noexcept {
  call_stack calls;
  walk w{calls, false, most_frames, true};
  platform::goro_call_beneath(
      &saved,
      [](void* data) {
        _Unwind_Backtrace(&visit, data);
        asm volatile("" : : : "memory");  // no tail call: the frame beneath is looked for
      },
      &w);
  return calls;
}

call_stack call_stack::at(const platform::memory_fault& fault, const std::byte* low, const std::byte* high) noexcept {
  call_stack calls;
  platform::module_symbol unused;
  // The unwinder reads the code at an address that it knows nothing about, so it must not see a wild one.
  if (!platform::find_module(reinterpret_cast<std::uintptr_t>(fault.program_counter), unused)) {
    follow_frame_pointers(calls, fault, low, high);
    return calls;
  }
  walk w{calls, true};
  _Unwind_Backtrace(&visit, &w);
  return calls;
}

}  // namespace goro::diag
