// How diag gets into a program. Nothing below refers to it: the layers underneath know hooks only (base/hooks.hpp), so
// in a static archive the linker would leave diag out and every trace would silently be missing. `goro_diag_anchor` is
// the handle: the package (CMake target goro::goro, pkg-config) makes programs link with --undefined=goro_diag_anchor,
// which pulls in this object and with it the rest. A shared libgoro contains it anyway.
//
// Rejected: a reference from public headers (every test of a lower layer would have to link diag), a definition of the
// hook itself here (which of two definitions an archive gives depends on the order of its members).
#include "base/hooks.hpp"
#include "diag/race_report.hpp"
#include "diag/reporters.hpp"
#include "diag/spare_memory.hpp"

extern "C" const char goro_gdb_layout[];  // gdb_script.cpp

namespace goro::diag {
namespace {

void on_runtime_started() noexcept {
  install_terminate_handler();
  install_fault_handler();
  install_quit_handler();
  install_exit_report();
  asm volatile("" : : "r"(&goro_gdb_layout));  // comes along
  set_spare_memory_aside();
}

// Before every ordinary static constructor: one of them may start goroutines.
[[gnu::constructor(101)]] void hang_in() noexcept {
  base::traceback_hook.store(&report_fatal_error, base::memory_order_release);  // sync: hook
  install_race_reports();
  install_lock_reports();
  base::runtime_started_hook.store(&on_runtime_started, base::memory_order_release);  // sync: hook
}

}  // namespace
}  // namespace goro::diag

extern "C" {
extern const char goro_diag_anchor;
const char goro_diag_anchor = 0;
}
