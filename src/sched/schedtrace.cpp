// Fields of Go's that mean nothing here (its collector's, gfreecnt, mallocing) are left out; the others have its names
// and order.
#include "sched/schedtrace.hpp"

#include <charconv>
#include <cstdarg>
#include <cstdio>

#include "base/os_seam.hpp"
#include "base/settings.hpp"
#include "sched/inspect.hpp"
#include "sched/pause.hpp"

namespace goro::sched {
namespace {

constexpr base::nanoseconds millisecond = 1'000'000;

base::nanoseconds wanted_interval() noexcept {
  const std::string_view text = base::debug_setting("schedtrace").value_or("");
  std::uint32_t milliseconds = 0;
  std::from_chars(text.data(), text.data() + text.size(), milliseconds);
  return milliseconds * millisecond;
}

// Text that leaves in large pieces.
class report {
 public:
  report() = default;
  report(const report&) = delete;
  report& operator=(const report&) = delete;
  ~report() { flush(); }

  [[gnu::format(printf, 2, 3)]] void print(const char* format, ...) noexcept {
    for (int tries = 0; tries < 2; ++tries) {
      va_list arguments;
      va_start(arguments, format);
      const int length = std::vsnprintf(buffer_ + used_, sizeof(buffer_) - used_, format, arguments);
      va_end(arguments);
      if (length >= 0 && static_cast<std::size_t>(length) < sizeof(buffer_) - used_) {
        used_ += static_cast<std::size_t>(length);
        return;
      }
      flush();
    }
  }

  void flush() noexcept {
    base::write_stderr({buffer_, used_});
    used_ = 0;
  }

 private:
  std::size_t used_ = 0;
  char buffer_[4096];
};

template <class F>
void for_each_processor(F f) noexcept {
  const std::uint32_t made = sched.processors_made.load(base::memory_order_acquire);  // sync: processors-made
  const std::uint32_t limit = sched.processor_limit.load(base::memory_order_relaxed);
  for (std::uint32_t i = 0; i < made && i < limit; ++i) {
    f(*sched.processors[i].load(base::memory_order_relaxed));
  }
}

unsigned queued(const processor& p) noexcept {
  return p.queue.ring_size() + p.fresh.size() + (p.queue.look_at_next() ? 1U : 0U);
}

// Workers by age, the first is 0.
int number_of(const worker* wanted) noexcept {
  int number = -1;
  for (const worker* w = wanted; w != nullptr; w = w->next_made) {
    ++number;
  }
  return number;
}

// "nil" or the number.
struct id_text {
  char text[24] = "nil";
  explicit id_text(std::int64_t id) noexcept {
    if (id >= 0) {
      std::snprintf(text, sizeof(text), "%lld", static_cast<long long>(id));
    }
  }
};

int idle_workers() noexcept {
  int n = 0;
  for (worker* w = sched.workers.load(base::memory_order_acquire); w != nullptr;
       w = w->next_made) {  // sync: worker-made
    n += w->thread_id.load(base::memory_order_relaxed) != 0 && w->resting.load(base::memory_order_relaxed) ? 1 : 0;
  }
  return n;
}

void print_summary(report& out, base::nanoseconds since_start) noexcept {
  out.print(
      "SCHED %lldms: gomaxprocs=%u idleprocs=%u threads=%u spinningthreads=%u needspinning=0 idlethreads=%d "
      "runqueue=%u",
      static_cast<long long>(since_start / millisecond), sched.processor_limit.load(base::memory_order_relaxed),
      sched.idle_processors.load(base::memory_order_relaxed), sched.worker_count.load(base::memory_order_relaxed),
      sched.spinning.load(base::memory_order_relaxed), idle_workers(),
      sched.global_queue_size.load(base::memory_order_relaxed));
}

void print_queues(report& out) noexcept {
  out.print(" [ ");
  for_each_processor([&out](const processor& p) { out.print("%u ", queued(p)); });
  out.print("] schedticks=[ ");
  for_each_processor([&out](const processor& p) { out.print("%u ", p.tick.load(base::memory_order_relaxed)); });
  out.print("]\n");
}

void print_goroutine(report& out, const goroutine_view& g) noexcept {
  const char* reason = g.state == goroutine_state::waiting ? to_string(g.waits_for) : "";
  int status = 4;
  switch (g.state) {
    case goroutine_state::runnable:
      status = 1;
      break;
    case goroutine_state::running:
      status = 2;
      break;
    case goroutine_state::blocking:
      status = 3;
      break;
    case goroutine_state::waiting:
      break;
  }
  out.print("  G%llu: status=%d(%s) m=%s lockedm=%s\n", static_cast<unsigned long long>(g.id), status, reason,
            id_text(g.worker_of != nullptr ? number_of(g.worker_of) : -1).text,
            id_text(g.locked_to != nullptr ? number_of(g.locked_to) : -1).text);
}

// With the world paused: what is printed fits together.
void print_details(report& out) noexcept {
  const paused_world world(base::now_ns() + 100 * millisecond);
  if (!world) {
    return;
  }
  for_each_processor([&out](const processor& p) {
    const worker* owner = p.owner.load(base::memory_order_acquire);  // sync: processor-owner
    out.print("  P%u: status=%d schedtick=%u m=%s runqsize=%u\n", p.id, owner != nullptr ? 1 : 0,
              p.tick.load(base::memory_order_relaxed), id_text(number_of(owner)).text, queued(p));
  });
  for (const worker* w = sched.workers.load(base::memory_order_acquire); w != nullptr;
       w = w->next_made) {  // sync: worker-made
    if (w->thread_id.load(base::memory_order_relaxed) == 0) {
      continue;
    }
    const auto id_of = [](const goroutine* g) {
      return id_text(g != nullptr && g->record != nullptr ? static_cast<std::int64_t>(g->record->id) : -1);
    };
    out.print("  M%d: p=%s curg=%s spinning=%s blocked=%s lockedg=%s\n", number_of(w),
              id_text(w->held != nullptr ? static_cast<std::int64_t>(w->held->id) : -1).text, id_of(w->current).text,
              w->spinning ? "true" : "false", w->resting.load(base::memory_order_relaxed) ? "true" : "false",
              id_of(w->locked_goroutine).text);
  }
  for_each_goroutine(world, [&out](const goroutine_view& g) { print_goroutine(out, g); });
}

}  // namespace

base::nanoseconds trace_scheduler(base::nanoseconds now) noexcept {
  static const base::nanoseconds interval = wanted_interval();
  static const bool detailed = base::debug_setting("scheddetail").value_or("0") != "0";
  static const base::nanoseconds start = now;
  static base::nanoseconds next = now;
  if (interval == 0) {
    return base::never;
  }
  if (now >= next) {
    next = now + interval;
    report out;
    print_summary(out, now - start);
    if (detailed) {
      out.print("\n");
      print_details(out);
    } else {
      print_queues(out);
    }
  }
  return next;
}

}  // namespace goro::sched
