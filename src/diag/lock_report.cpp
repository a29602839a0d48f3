// GORODEBUG=deadlock=1 and lockorder=1: reports of what sched/lock_watch.hpp finds, written by the goroutine that
// completes the circle.
#include <algorithm>

#include "base/clock.hpp"
#include "base/settings.hpp"
#include "diag/deadlock_search.hpp"
#include "diag/reporters.hpp"
#include "diag/roomy_stack.hpp"
#include "diag/traceback.hpp"
#include "sched/lock_watch.hpp"

namespace goro::diag {
namespace {

using sched::call_trace;
using sched::lock_party;

void capture(call_trace& trace) noexcept {
  const call_stack calls = call_stack::here();
  trace.count = std::min(calls.size(), trace.returns.size());
  for (std::size_t i = 0; i < trace.count; ++i) {
    trace.returns[i] = calls[i].next;
  }
}

class lock_report {
 public:
  lock_report() { options_.symbols = &symbols_; }

  void deadlock(std::span<const sched::deadlock_member> members) {
    out_ << report_bar << "WARNING: DEADLOCK\n";
    for (std::size_t i = 0; i < members.size(); ++i) {
      const sched::deadlock_member& m = members[i];
      const lock_party& next = members[(i + 1) % members.size()].who;
      name(m.who, i == 0);
      out_ << " waits for " << lock_of(m) << address(m.lock);
      if (!m.next_holds) {
        out_ << ", after ";
        name(next, false);
        out_ << ", which waits to lock it exclusively\n";
        continue;
      }
      out_ << ", which ";
      if (next == m.who) {
        out_ << "it";
      } else {
        name(next, false);
      }
      out_ << (m.next_shares ? " locked shared at:\n" : " locked at:\n");
      calls(m.held_at);
    }
    if (level_ != traceback_level::none) {
      for (const sched::deadlock_member& m : members) {
        waiting(m);
      }
    }
    out_ << report_bar;
  }

  void inversion(std::span<const sched::lock_order_edge> edges) {
    out_ << report_bar << "WARNING: LOCK ORDER INVERSION\n";
    for (std::size_t i = 0; i < edges.size(); ++i) {
      const sched::lock_order_edge& e = edges[i];
      out_ << (i != 0 ? "\n" : "");
      name(e.who, true);
      out_ << (i == 0 ? " takes lock " : " took lock ") << address(e.wanted) << " at:\n";
      calls(e.wanted_at);
      out_ << (i == 0 ? "while it holds lock " : "while it held lock ") << address(e.held) << ", taken at:\n";
      calls(e.held_at);
    }
    out_ << report_bar;
  }

 private:
  static hexadecimal address(sched::lock_id lock) noexcept { return {lock.address()}; }
  static const char* lock_of(const sched::deadlock_member& m) noexcept {
    return m.reason == sched::wait_reason::mutex_lock ? "mutex " : "shared_mutex ";
  }

  void name(const lock_party& who, bool first) {
    if (first) {
      out_ << (who.is_thread ? "Thread " : "Goroutine ");
    } else {
      out_ << (who.is_thread ? "thread " : "goroutine ");
    }
    out_ << who.id;
    if (!who.name.empty()) {
      out_ << " \"" << who.name << "\"";
    }
  }

  static call_stack stack_of(const call_trace& trace) noexcept {
    call_stack calls;
    for (std::size_t i = 0; i < trace.count; ++i) {
      calls.add({trace.returns[i], true});
    }
    return calls;
  }

  void calls(const call_trace& trace) {
    if (level_ != traceback_level::none) {
      print_calls(out_, stack_of(trace), options_);
    }
  }

  void waiting(const sched::deadlock_member& m) {
    const call_stack stack = stack_of(m.waits_at);
    if (m.who.is_thread) {
      out_ << "\nthread " << m.who.id << " [" << sched::to_string(m.reason) << "]:\n";
      print_calls(out_, stack, options_);
      return;
    }
    sched::goroutine_view who{};
    who.id = m.who.id;
    who.name = m.who.name;
    who.creator = m.who.creator;
    who.parent_id = m.who.parent_id;
    who.state = sched::goroutine_state::waiting;
    who.waits_for = m.reason;
    who.waiting_since = base::now_ns();
    print_trace(out_, &who, &stack, options_);
  }

  const traceback_level level_ = traceback_level_wanted();
  text_sink out_{to_stderr};
  scratch memory_;
  symbol_cache symbols_{memory_};
  trace_options options_ = options_of(level_);
};

void report_deadlock(std::span<const sched::deadlock_member> members) noexcept {
  const base::lock_guard hold(deadlock_report_lock());
  for (const sched::deadlock_member& m : members) {
    if (!m.who.is_thread) {
      note_reported(m.who.id);
    }
  }
  with_room([&] { lock_report().deadlock(members); });
}

void report_inversion(std::span<const sched::lock_order_edge> edges) noexcept {
  const base::lock_guard hold(deadlock_report_lock());
  with_room([&] { lock_report().inversion(edges); });
}

}  // namespace

void install_lock_reports() noexcept {
  const bool deadlock = base::debug_setting("deadlock") == "1";
  const bool order = base::debug_setting("lockorder") == "1";
  if (deadlock || order) {
    sched::watch_locks({.capture = &capture,
                        .deadlock = deadlock ? &report_deadlock : nullptr,
                        .inversion = order ? &report_inversion : nullptr});
  }
  if (deadlock) {
    install_deadlock_search();
  }
}

}  // namespace goro::diag
