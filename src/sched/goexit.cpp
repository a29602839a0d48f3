// goexit: a forced unwind of the whole stack, as pthread_exit does it. Typed handlers are passed by; destructors and
// catch (...) blocks run. A catch (...) that does not rethrow deletes the exception object when it ends; that is where
// the unwind starts again, so it cannot stop a goexit (as recover cannot in Go).
#include <unwind.h>

#include <cstdlib>
#include <cstring>

#include "goro/go.hpp"
#include "sched/scheduler.hpp"

namespace goro {
namespace {

using namespace sched;

// Begins again at the top of the same stack, whose frames are all unwound, to end the goroutine there.
[[noreturn]] void end_on_clean_stack(goroutine& self) noexcept {
  platform::context abandoned;
  self.context = platform::make_context(self.stack_high(), goexit_entry());
  platform::sanitizer_unpoison_stack(self.stack.limit(), self.stack_high());
  platform::goro_switch_context(&abandoned, &self.context, {});
  __builtin_unreachable();
}

_Unwind_Reason_Code at_each_frame(int, _Unwind_Action actions, _Unwind_Exception_Class, _Unwind_Exception* exception,
                                  _Unwind_Context*, void*) {
  if ((actions & _UA_END_OF_STACK) != 0) {
    std::free(exception);  // the unwinder does not get it back
    end_on_clean_stack(*this_worker()->current);
  }
  return _URC_NO_REASON;
}

void unwind_again(_Unwind_Reason_Code, _Unwind_Exception* exception);

// One object per goexit in progress, on the heap: the stack it was called on is being unwound. Its class is nobody's
// language, so that handlers treat it as foreign.
_Unwind_Exception* make_exception() noexcept {
  // _Unwind_Exception asks for the largest alignment of the target, which malloc gives.
  auto* exception = static_cast<_Unwind_Exception*>(std::calloc(1, sizeof(_Unwind_Exception)));
  if (exception == nullptr) {
    base::fatal_error("out of memory: goexit");
  }
  std::memcpy(&exception->exception_class, "GOROEXIT", sizeof(exception->exception_class));
  exception->exception_cleanup = &unwind_again;
  return exception;
}

[[noreturn]] void unwind(_Unwind_Exception* exception) {
  // The frames that go away do so without returning; AddressSanitizer sees throw statements, not this.
  goroutine& self = *this_worker()->current;
  platform::sanitizer_unpoison_stack(self.stack.limit(), self.stack_high());
  _Unwind_ForcedUnwind(exception, &at_each_frame, nullptr);
  base::fatal_error("goexit: the stack cannot be unwound");
}

void unwind_again(_Unwind_Reason_Code, _Unwind_Exception* exception) { unwind(exception); }

}  // namespace

void goexit() {
  worker* w = this_worker();
  if (w == nullptr || w->current == nullptr) {
    base::raise_panic("goro: goexit called outside a goroutine");
  }
  if (w->current->blocking_depth != 0) {
    base::raise_panic("goro: goexit called inside blocking()");
  }
  unwind(make_exception());
}

}  // namespace goro
