#include "goro/debug.hpp"

#include <exception>
#include <new>

#include "diag/all_goroutines.hpp"
#include "diag/leak_search.hpp"
#include "diag/roomy_stack.hpp"
#include "sched/pause.hpp"

namespace goro::debug {
namespace {

using namespace diag;

// How long goroutines may take to come to a halt. What keeps them inside the runtime lasts microseconds, unless the
// machine is overloaded; one that computes is not waited for.
constexpr base::nanoseconds patience = 10'000'000'000;

// A sink of text into a string; what that throws comes out of finish().
class string_writer {
 public:
  void operator()(std::string_view part) noexcept {
    try {
      text_ += part;
    } catch (...) {
      failure_ = std::current_exception();
    }
  }
  std::string finish() {
    if (failure_) {
      std::rethrow_exception(failure_);
    }
    return std::move(text_);
  }

 private:
  std::string text_;
  std::exception_ptr failure_;
};

trace_options wanted_options() noexcept {
  trace_options options = options_of(traceback_level_wanted());
  options.blank_line_first = false;
  return options;
}

goroutine_info info_of(const seen_goroutine& g, symbol_cache& symbols) {
  goroutine_info info;
  info.id = g.who.id;
  info.name = g.who.name;
  info.state = state_of(g.who);
  info.waiting = g.who.state == sched::goroutine_state::waiting;
  if (info.waiting) {
    const base::nanoseconds waited = base::now_ns() - g.who.waiting_since;
    info.waited = std::chrono::nanoseconds(waited > 0 ? waited : 0);
  }
  info.locked_to_thread = g.who.locked_to_thread;
  info.creator_id = g.who.parent_id;
  find_creation(g.who, heap::usable, &symbols, [&info](const source_frame& frame) {
    info.created_by = frame.function;
    info.file = frame.file;
    info.line = frame.line;
  });
  return info;
}

std::string trace_of(const seen_goroutine& g, symbol_cache& symbols) {
  string_writer writer;
  {
    text_sink out{writer};
    trace_options options = wanted_options();
    options.symbols = &symbols;
    print_trace(out, &g.who, g.calls(), options);
  }
  return writer.finish();
}

}  // namespace

std::string stack() {
  sched::goroutine_view self;
  const sched::goroutine_view* who = sched::current_goroutine(self) ? &self : nullptr;
  const call_stack calls = call_stack::here();
  string_writer writer;
  with_room([&] {
    text_sink out{writer};
    print_trace(out, who, &calls, wanted_options());
  });
  return writer.finish();
}

std::string stacks() {
  sched::goroutine_view self{};
  const sched::goroutine_view* who = sched::current_goroutine(self) ? &self : nullptr;
  const call_stack calls = call_stack::here();
  string_writer writer;
  sched::paused_world world(base::now_ns() + patience);
  with_room([&] {
    scratch memory;
    symbol_cache symbols(memory);
    text_sink out{writer};
    trace_options options = wanted_options();
    options.symbols = &symbols;
    const snapshot all(world, memory);
    world.resume();
    print_trace(out, who, &calls, options);
    options.blank_line_first = true;
    print_all(out, all, self.id, options, folding::none);
  });
  return writer.finish();
}

std::vector<leak> leaks() {
  const auto* here = static_cast<const std::byte*>(__builtin_frame_address(0));
  std::vector<leak> found;
  std::exception_ptr failure;
  sched::paused_world world(base::now_ns() + patience);
  with_room([&] {
    try {
      scratch memory;
      symbol_cache symbols(memory);
      const snapshot all(world, memory, snapshot::with_calls_of_waiting);
      auto* certain = static_cast<bool*>(memory.allocate(all.goroutines().size() + 1));
      if (certain == nullptr) {
        throw std::bad_alloc{};
      }
      find_certain_leaks(all, memory, here, certain);
      world.resume();
      for (const seen_goroutine& g : all.goroutines()) {
        if (certain[&g - all.goroutines().data()]) {
          found.push_back({info_of(g, symbols), trace_of(g, symbols)});
        }
      }
    } catch (...) {
      failure = std::current_exception();
    }
  });
  if (failure) {
    std::rethrow_exception(failure);
  }
  return found;
}

std::vector<goroutine_info> goroutines() {
  std::vector<goroutine_info> found;
  std::exception_ptr failure;
  sched::paused_world world(base::now_ns() + patience);
  if (!world) {
    return found;
  }
  with_room([&] {
    try {
      scratch memory;
      symbol_cache symbols(memory);
      const snapshot all(world, memory, snapshot::without_calls);
      world.resume();
      found.reserve(all.goroutines().size());
      for (const seen_goroutine& g : all.goroutines()) {
        found.push_back(info_of(g, symbols));
      }
    } catch (...) {
      failure = std::current_exception();
    }
  });
  if (failure) {
    std::rethrow_exception(failure);
  }
  return found;
}

}  // namespace goro::debug
