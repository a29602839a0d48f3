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

// Prints frames from the innermost outwards. The start of a thread lies in libraries that may have no symbols, so nameless frames
// are held back until a named one follows.
class frame_printer {
 public:
  // `who` null: a thread, whose heading comes with the first frame.
  frame_printer(text_sink& out, const sched::goroutine_view* who, trace_options options) noexcept
      : out_(out), options_(options) {
    if (who != nullptr) {
      begin(who);
    }
  }

  void print(const code_address& a) noexcept {
    symbolize(a.where(), options_.names, [&](const source_frame& frame) {
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
      symbolize(nameless_[i].where(), options_.names, [&](const source_frame& frame) { show(frame, nameless_[i]); });
    }
  }

  text_sink& out_;
  trace_options options_;
  bool begun_ = false;
  bool ended_ = false;
  std::size_t held_ = 0;
  std::array<code_address, 16> nameless_;
};

void print_creation(text_sink& out, const sched::goroutine_view& who, trace_options options) noexcept {
  find_creation(who, options.names, [&](const source_frame& frame) {
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

void print_heading(text_sink& out, const sched::goroutine_view* who) noexcept {
  if (who == nullptr) {
    out << "thread " << static_cast<std::uint64_t>(platform::thread_id()) << " [running]:\n";
    return;
  }
  out << "goroutine " << who->id;
  if (!who->name.empty()) {
    out << " \"" << who->name << "\"";
  }
  out << (who->locked_to_thread ? " [running, locked to thread]:\n" : " [running]:\n");
}

void find_creation(const sched::goroutine_view& who, heap names,
                   base::function_ref<void(const source_frame&)> found) noexcept {
  if (who.creator == nullptr) {
    return;
  }
  bool done = false;
  symbolize(reinterpret_cast<std::uintptr_t>(who.creator) - 1, names, [&](const source_frame& frame) {
    if (!done && (!frame.machinery || !frame.inlined)) {
      found(frame);
      done = true;
    }
  });
}

void print_trace(text_sink& out, const sched::goroutine_view* who, const call_stack& calls,
                 trace_options options) noexcept {
  frame_printer frames(out, who, options);
  for (std::size_t i = 0; i < calls.size(); ++i) {
    if (i == call_stack::most_inner && calls.elided() != 0) {
      out << "..." << calls.elided() << " frames elided...\n";
      i += calls.elided();
    }
    frames.print(calls[i]);
  }
  if (who != nullptr) {
    print_creation(out, *who, options);
  }
}

}  // namespace goro::diag
