// SIGQUIT (Ctrl-\\): what all goroutines do, and the end. Go: runtime/signal_unix.go, sighandler.
//
// The signal's handler may stand in the middle of anything, so it only asks the monitor, which never runs the program's
// code.
#include <cstdlib>

#include "base/check.hpp"
#include "diag/all_goroutines.hpp"
#include "diag/reporters.hpp"
#include "platform/signals.hpp"
#include "sched/inspect.hpp"

namespace goro::diag {
namespace {

constexpr int exit_status = 2;  // as Go

void dump_and_exit() {
  base::let_report_finish();
  const traceback_level level = traceback_level_wanted();
  text_sink out{to_stderr};
  out << "SIGQUIT: quit\n";
  if (level != traceback_level::none) {
    print_others_at_end(out, 0, options_of(level));
  }
  out.flush();
  if (level == traceback_level::crash) {
    std::abort();
  }
  platform::exit_now(exit_status);
}

}  // namespace

void install_quit_handler() noexcept {
  platform::on_quit([] { return sched::call_in_monitor([] { dump_and_exit(); }); });
}

}  // namespace goro::diag
