// GORODEBUG=deadlock=1: now and then the monitor looks for goroutines that can never go on, while the others do: that
// wait for channels and sync objects which nobody but such goroutines can reach (leak_search.hpp).
//
// Why none is reported that might go on. A look counts only when it has seen everything at one moment: the world is
// paused, and all threads that are not at home in the runtime are stopped with their registers in memory
// (platform/thread_stop.hpp); when one cannot be, the look is void. Between the pause and that moment a foreign thread
// may wake some of those that were seen waiting: they do not run, as the world is paused, but the look takes them for
// waiting. So what a look has found is reported by the next one that counts, an interval later, if that finds all of it
// in the same waits: had the first been wrong about one, that one would have gone on since.
//
// Left out: `select()` without cases and waits for nil channels, which are how a program says that it means to wait for
// ever.
//
// Addresses are not kept in the form of addresses: the next look would take them for references.
#include "diag/deadlock_search.hpp"

#include <algorithm>
#include <charconv>
#include <unordered_set>
#include <vector>

#include "base/settings.hpp"
#include "diag/leak_search.hpp"
#include "diag/traceback.hpp"
#include "diag/wait_graph.hpp"
#include "platform/thread_stop.hpp"
#include "sched/pause.hpp"

namespace goro::diag {
namespace {

constexpr base::nanoseconds millisecond = 1'000'000;
constexpr base::nanoseconds default_interval = 1000 * millisecond;
constexpr base::nanoseconds patience = 100 * millisecond;  // for all to come to a halt
constexpr int default_share_of_time = 20;                  // the program stands still for one part of so many at most

// One wait of one goroutine.
struct wait_id {
  std::uint64_t goroutine;
  base::nanoseconds since;
  std::uintptr_t inverted_object;

  explicit wait_id(const sched::goroutine_view& who) noexcept
      : goroutine(who.id), since(who.waiting_since), inverted_object(~reinterpret_cast<std::uintptr_t>(who.object)) {}
  auto operator<=>(const wait_id&) const noexcept = default;  // NOLINT(modernize-use-nullptr): clang-tidy sees a 0
};

// Sorted: a snapshot is so by goroutine.
using wait_list = std::vector<wait_id>;

constinit base::lock one_report{base::lock_rank::diagnostics};

std::unordered_set<std::uint64_t>& reported() {
  static auto* goroutines = new std::unordered_set<std::uint64_t>;  // until the end of the process
  return *goroutines;
}

// One look, and what it has found.
class look {
 public:
  // To be called by the monitor, in whose frame `here` lies.
  explicit look(const std::byte* here) noexcept
      : world_(base::now_ns() + patience), all_(world_, memory_, snapshot::without_calls) {
    stuck_ = static_cast<bool*>(memory_.allocate(all_.goroutines().size() + 1));
    if (!world_ || stuck_ == nullptr) {
      return;
    }
    platform::stopped_threads others;
    const auto at_home = [this](int thread) { return sched::is_at_home(world_, thread); };
    if (others.stop(at_home, base::now_ns() + patience)) {
      find_certain_leaks(all_, memory_, here, stuck_);
      counts_ = true;
    }
  }

  bool counts() const noexcept { return counts_; }

  wait_list found() const {
    wait_list waits;
    for_each_stuck([&](const seen_goroutine& g) { waits.emplace_back(g.who); });
    return waits;
  }

  // Those of `certain` that have not been reported. Lets the program go on.
  void report(const wait_list& certain) {
    const std::vector<const seen_goroutine*> news = not_reported(certain);
    for (const seen_goroutine* g : news) {
      all_.find_calls(*g);
    }
    world_.resume();
    if (!news.empty()) {
      const base::lock_guard hold(one_report);
      print(news);
    }
  }

 private:
  template <class F>
  void for_each_stuck(F f) const {
    for (const seen_goroutine& g : all_.goroutines()) {
      if (stuck_[&g - all_.goroutines().data()] && !waits_for_ever_by_itself(g.who)) {
        f(g);
      }
    }
  }

  std::vector<const seen_goroutine*> not_reported(const wait_list& certain) const {
    const base::lock_guard hold(one_report);
    std::vector<const seen_goroutine*> news;
    for_each_stuck([&](const seen_goroutine& g) {
      if (std::binary_search(certain.begin(), certain.end(), wait_id(g.who)) && !was_reported(g.who.id)) {
        news.push_back(&g);
      }
    });
    return news;
  }

  void print(const std::vector<const seen_goroutine*>& news) {
    const traceback_level level = traceback_level_wanted();
    symbol_cache symbols(memory_);
    trace_options options = options_of(level);
    options.symbols = &symbols;
    text_sink out{to_stderr};
    out << report_bar << "WARNING: PARTIAL DEADLOCK\n" << static_cast<std::uint64_t>(news.size());
    out << (news.size() == 1 ? " goroutine waits for what nobody else can reach:\n"
                             : " goroutines wait for what nobody else can reach:\n");
    for (const seen_goroutine* g : news) {
      note_reported(g->who.id);
      if (level == traceback_level::none) {
        print_heading(out, &g->who);
      } else {
        print_trace(out, &g->who, g->calls(), options);
      }
    }
    out << report_bar;
  }

  sched::paused_world world_;
  scratch memory_;
  snapshot all_;
  bool* stuck_ = nullptr;
  bool counts_ = false;
};

// All of it the monitor's.
class deadlock_search {
 public:
  explicit deadlock_search(base::nanoseconds wanted) noexcept
      : interval_(wanted != 0 ? wanted : default_interval),
        share_of_time_(wanted != 0 ? 1 : default_share_of_time),
        next_(base::now_ns() + interval_) {}

  base::nanoseconds come_by(base::nanoseconds now) {
    if (now >= next_) {
      search();
      const base::nanoseconds end = base::now_ns();
      next_ = end + std::max(interval_, (end - now) * share_of_time_);
    }
    return next_;
  }

 private:
  void search() {
    look now(static_cast<const std::byte*>(__builtin_frame_address(0)));
    if (!now.counts()) {
      return;
    }
    wait_list found = now.found();
    if (std::includes(found.begin(), found.end(), found_before_.begin(), found_before_.end())) {
      now.report(found_before_);
    }
    found_before_ = std::move(found);
  }

  const base::nanoseconds interval_;
  const int share_of_time_;
  base::nanoseconds next_;
  wait_list found_before_;  // by the last look that counted
};

// 0: nobody has asked for one.
base::nanoseconds interval_wanted() noexcept {
  const std::string_view text = base::debug_setting("deadlockinterval").value_or("");
  std::uint32_t milliseconds = 0;
  std::from_chars(text.data(), text.data() + text.size(), milliseconds);
  return milliseconds * millisecond;
}

base::nanoseconds come_by(base::nanoseconds now) noexcept {
  static deadlock_search search(interval_wanted());
  return search.come_by(now);
}

}  // namespace

base::lock& deadlock_report_lock() noexcept { return one_report; }
void note_reported(std::uint64_t goroutine) { reported().insert(goroutine); }
bool was_reported(std::uint64_t goroutine) noexcept { return reported().contains(goroutine); }

void install_deadlock_search() noexcept {
  // Sanitizers keep copies of what goes round: nothing would be found.
  if constexpr (!GORO_WITH_ASAN && !GORO_WITH_TSAN) {
    if (!platform::prepare_to_stop_threads()) {
      base::warn("deadlock=1: the program uses all real-time signals; only circles of locks are reported");
    }
    sched::monitor_hook.store(&come_by, base::memory_order_release);  // sync: hook
  }
}

}  // namespace goro::diag
