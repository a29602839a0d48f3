#include "diag/traceback.hpp"

#include <array>
#include <cstdlib>
#include <utility>

#include "diag/symbolize.hpp"
#include "platform/os.hpp"

namespace goro::diag {
namespace {

void print_place(text_sink& out, const source_frame& frame, std::uintptr_t beyond) noexcept {
  out << "\t" << (frame.file.empty() ? "?" : frame.file);
  if (frame.line != 0) {
    out << ":" << static_cast<std::uint64_t>(frame.line);
  }
  if (!frame.inlined) {
    out << " +" << hexadecimal{frame.offset + beyond};
  }
  out << "\n";
}

void print_frame(text_sink& out, const source_frame& frame, std::uintptr_t beyond) noexcept {
  out << (frame.function.empty() ? "?" : frame.function) << (frame.takes_parameters ? "(...)\n" : "()\n");
  print_place(out, frame, beyond);
}

void look_up(std::uintptr_t address, const trace_options& options,
             base::function_ref<void(const source_frame&)> each) noexcept {
  if (options.symbols != nullptr) {
    options.symbols->find(address, options.names, each);
  } else {
    symbolize(address, options.names, each);
  }
}

// Prints frames from the innermost outwards. The start of a thread lies in libraries that may have no symbols, so
// nameless frames are held back until a named one follows.
class frame_printer {
 public:
  // `who` null: a thread, whose heading comes with the first frame.
  frame_printer(text_sink& out, const sched::goroutine_view* who, trace_options options) noexcept
      : out_(out), options_(options) {
    if (who != nullptr) {
      begin(who);
    }
  }
  // Without a heading.
  frame_printer(text_sink& out, trace_options options) noexcept : out_(out), options_(options), begun_(true) {}

  void print(const code_address& a) noexcept {
    look_up(a.where(), options_, [&](const source_frame& frame) {
      if (options_.show_machinery) {
        show(frame, a);
        return;
      }
      if (ended_ || frame.machinery) {
        return;
      }
      if (frame.function.empty()) {
        hold_back(a);
        return;
      }
      print_held_back();
      show(frame, a);
      ended_ = frame.function == "main";
    });
  }

 private:
  void begin(const sched::goroutine_view* who) noexcept {
    if (options_.blank_line_first) {
      out_ << "\n";
    }
    print_heading(out_, who);
    begun_ = true;
  }

  void show(const source_frame& frame, const code_address& a) noexcept {
    if (!begun_) {
      begin(nullptr);
    }
    print_frame(out_, frame, a.next - a.where());
  }

  void hold_back(const code_address& a) noexcept {
    if (held_ < nameless_.size()) {
      nameless_[held_++] = a;
    }
  }

  void print_held_back() noexcept {
    for (std::size_t i = 0; i < std::exchange(held_, 0); ++i) {
      look_up(nameless_[i].where(), options_, [&](const source_frame& frame) { show(frame, nameless_[i]); });
    }
  }

  text_sink& out_;
  trace_options options_;
  bool begun_ = false;
  bool ended_ = false;
  std::size_t held_ = 0;
  std::array<code_address, 16> nameless_;
};

void print_calls(text_sink& out, frame_printer& frames, const call_stack& calls) noexcept {
  for (std::size_t i = 0; i < calls.size(); ++i) {
    if (i == call_stack::most_inner && calls.elided() != 0) {
      out << "..." << calls.elided() << " frames elided...\n";
      i += calls.elided();
    }
    frames.print(calls[i]);
  }
}

void print_creation(text_sink& out, const sched::goroutine_view& who, trace_options options) noexcept {
  find_creation(who, options.names, options.symbols, [&](const source_frame& frame) {
    out << "created by " << (frame.function.empty() ? "?" : frame.function);
    if (who.parent_id != 0) {
      out << " in goroutine " << who.parent_id;
    }
    out << "\n";
    print_place(out, frame, 1);
  });
}

}  // namespace

traceback_level traceback_level_wanted() noexcept {
  struct spelling {
    std::string_view text;
    traceback_level level;
  };
  constexpr std::array<spelling, 8> spellings = {{
      {"none", traceback_level::none},
      {"0", traceback_level::none},
      {"single", traceback_level::single},
      {"all", traceback_level::all},
      {"1", traceback_level::all},
      {"system", traceback_level::system},
      {"2", traceback_level::system},
      {"crash", traceback_level::crash},
  }};
  const char* wanted = std::getenv("GOROTRACEBACK");
  for (const spelling& s : spellings) {
    if (wanted != nullptr && s.text == wanted) {
      return s.level;
    }
  }
  return traceback_level::single;
}

trace_options options_of(traceback_level level, heap names) noexcept {
  return {level == traceback_level::system || level == traceback_level::crash, names, true};
}

std::string_view state_of(const sched::goroutine_view& who) noexcept {
  switch (who.state) {
    case sched::goroutine_state::running:
      return "running";
    case sched::goroutine_state::blocking:
      return "syscall";
    case sched::goroutine_state::runnable:
      return "runnable";
    case sched::goroutine_state::waiting:
      return sched::to_string(who.waits_for);
  }
  return "?";
}

void print_heading(text_sink& out, const sched::goroutine_view* who) noexcept {
  if (who == nullptr) {
    out << "thread " << static_cast<std::uint64_t>(platform::thread_id()) << " [running]:\n";
    return;
  }
  out << "goroutine " << who->id;
  if (!who->name.empty()) {
    out << " \"" << who->name << "\"";
  }
  out << " [" << state_of(*who);
  constexpr base::nanoseconds minute = 60'000'000'000;
  const base::nanoseconds waited =
      who->state == sched::goroutine_state::waiting ? base::now_ns() - who->waiting_since : 0;
  if (waited >= minute) {
    out << ", " << static_cast<std::uint64_t>(waited / minute) << " minutes";
  }
  out << (who->locked_to_thread ? ", locked to thread]:\n" : "]:\n");
}

void find_creation(const sched::goroutine_view& who, heap names, symbol_cache* symbols,
                   base::function_ref<void(const source_frame&)> found) noexcept {
  if (who.creator == nullptr) {
    return;
  }
  bool done = false;
  look_up(reinterpret_cast<std::uintptr_t>(who.creator) - 1, {.names = names, .symbols = symbols},
          [&](const source_frame& frame) {
            if (!done && (!frame.machinery || !frame.inlined)) {
              found(frame);
              done = true;
            }
          });
}

void print_trace(text_sink& out, const sched::goroutine_view* who, const call_stack* calls,
                 trace_options options) noexcept {
  frame_printer frames(out, who, options);
  if (calls != nullptr) {
    print_calls(out, frames, *calls);
  } else if (who != nullptr && who->state != sched::goroutine_state::runnable) {
    out << "\tgoroutine running on other thread; stack unavailable\n";  // Go's words
  }
  if (who != nullptr) {
    print_creation(out, *who, options);
  }
}

void print_calls(text_sink& out, const call_stack& calls, trace_options options) noexcept {
  frame_printer frames(out, options);
  print_calls(out, frames, calls);
}

}  // namespace goro::diag
