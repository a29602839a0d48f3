#include "diag/all_goroutines.hpp"

#include "diag/roomy_stack.hpp"
#include "sched/pause.hpp"

namespace goro::diag {
namespace {

constexpr std::size_t few = 100;         // up to so many goroutines nothing is folded
constexpr std::size_t fewest_alike = 3;  // nor are fewer than these
constexpr std::size_t most_ids = 20;
constexpr base::nanoseconds minute = 60'000'000'000;

// Of the calls that a trace shows: goroutines that wait for the same stand in different calls of the runtime, by the
// way they left.
std::uint64_t shown_hash(shared_calls* shared, const trace_options& options) noexcept {
  if (shared == nullptr) {
    return 0;
  }
  if (shared->shown_hash == 0) {
    std::uint64_t hash = 1;
    const call_stack& calls = shared->calls;
    for (std::size_t i = 0; i < calls.size(); ++i) {
      if (i == call_stack::most_inner) {
        i += calls.elided();
      }
      bool shown = options.show_machinery;
      options.symbols->find(calls[i].where(), options.names,
                            [&shown](const source_frame& frame) { shown = shown || !frame.machinery; });
      hash = shown ? (hash ^ calls[i].next) * 0x9E3779B97F4A7C15ULL + (hash >> 29) : hash;
    }
    shared->shown_hash = hash;
  }
  return shared->shown_hash;
}

bool alike(const seen_goroutine& a, const seen_goroutine& b, base::nanoseconds now) noexcept {
  const auto minutes = [now](const seen_goroutine& g) {
    return g.who.state == sched::goroutine_state::waiting ? (now - g.who.waiting_since) / minute : 0;
  };
  return a.who.state == b.who.state && a.who.waits_for == b.who.waits_for && a.who.creator == b.who.creator &&
         a.who.parent_id == b.who.parent_id && a.who.locked_to_thread == b.who.locked_to_thread &&
         a.who.name == b.who.name && minutes(a) == minutes(b);
}

// Which goroutines are like which: each stands in the group of the first one like it.
class groups {
 public:
  groups(std::span<const seen_goroutine> goroutines, const trace_options& options, scratch& memory) noexcept
      : all_(goroutines), options_(options), now_(base::now_ns()) {
    first_ = static_cast<std::uint32_t*>(memory.allocate(all_.size() * sizeof(std::uint32_t)));
    size_ = static_cast<std::uint32_t*>(memory.allocate(all_.size() * sizeof(std::uint32_t)));
    if (!usable()) {
      return;
    }
    auto* buckets = static_cast<std::uint32_t*>(memory.allocate(bucket_count * sizeof(std::uint32_t)));
    auto* next = static_cast<std::uint32_t*>(memory.allocate(all_.size() * sizeof(std::uint32_t)));
    if (buckets == nullptr || next == nullptr) {
      first_ = nullptr;
      return;
    }
    for (std::size_t b = 0; b < bucket_count; ++b) {
      buckets[b] = none;
    }
    for (std::uint32_t i = 0; i < all_.size(); ++i) {
      assign(i, buckets[hash_of(all_[i]) % bucket_count], next);
    }
  }

  bool usable() const noexcept { return first_ != nullptr && size_ != nullptr; }
  bool is_first(std::uint32_t i) const noexcept { return first_[i] == i; }
  bool is_folded(std::uint32_t i) const noexcept { return size_[first_[i]] >= fewest_alike; }
  std::uint32_t size(std::uint32_t i) const noexcept { return size_[first_[i]]; }
  bool together(std::uint32_t a, std::uint32_t b) const noexcept { return first_[a] == first_[b]; }

 private:
  static constexpr std::uint32_t none = UINT32_MAX;
  static constexpr std::size_t bucket_count = 1024;

  std::uint64_t hash_of(const seen_goroutine& g) const noexcept {
    const std::uint64_t calls = shown_hash(g.shared, options_);
    const auto creator = reinterpret_cast<std::uintptr_t>(g.who.creator);
    return (calls * 0x9E3779B97F4A7C15ULL ^ creator * 0xC2B2AE3D27D4EB4FULL) >> 20;
  }

  void assign(std::uint32_t i, std::uint32_t& bucket, std::uint32_t* next) noexcept {
    for (std::uint32_t f = bucket; f != none; f = next[f]) {
      if (shown_hash(all_[f].shared, options_) == shown_hash(all_[i].shared, options_) &&
          alike(all_[f], all_[i], now_)) {
        first_[i] = f;
        ++size_[f];
        return;
      }
    }
    first_[i] = i;
    size_[i] = 1;
    next[i] = bucket;
    bucket = i;
  }

  std::span<const seen_goroutine> all_;
  const trace_options& options_;
  const base::nanoseconds now_;
  std::uint32_t* first_ = nullptr;
  std::uint32_t* size_ = nullptr;
};

void print_ids_like(text_sink& out, const snapshot& all, const groups& grouped, std::uint32_t first) noexcept {
  const auto goroutines = all.goroutines();
  out << "(" << static_cast<std::uint64_t>(grouped.size(first) - 1) << " more with the same trace: goroutines";
  std::size_t shown = 0;
  for (std::uint32_t i = first + 1; i < goroutines.size() && shown < most_ids; ++i) {
    if (grouped.together(i, first)) {
      out << (shown == 0 ? " " : ", ") << goroutines[i].who.id;
      ++shown;
    }
  }
  out << (grouped.size(first) - 1 > most_ids ? ", …)\n" : ")\n");
}

void print_folded(text_sink& out, const snapshot& all, std::uint64_t except, const trace_options& options,
                  const groups& grouped) noexcept {
  const auto goroutines = all.goroutines();
  for (std::uint32_t i = 0; i < goroutines.size(); ++i) {
    const seen_goroutine& g = goroutines[i];
    if (g.who.id == except || (grouped.is_folded(i) && !grouped.is_first(i))) {
      continue;
    }
    print_trace(out, &g.who, g.calls(), options);
    if (grouped.is_folded(i)) {
      print_ids_like(out, all, grouped, i);
    }
  }
}

}  // namespace

void print_all(text_sink& out, const snapshot& all, std::uint64_t except, const trace_options& options,
               folding fold) noexcept {
  if (fold == folding::many && options.symbols != nullptr && all.goroutines().size() > few) {
    scratch memory;
    const groups grouped(all.goroutines(), options, memory);
    if (grouped.usable()) {
      print_folded(out, all, except, options, grouped);
      return;
    }
  }
  for (const seen_goroutine& g : all.goroutines()) {
    if (g.who.id != except) {
      print_trace(out, &g.who, g.calls(), options);
    }
  }
}

void print_others_at_end(text_sink& out, std::uint64_t except, trace_options options) noexcept {
  constexpr base::nanoseconds patience = 2'000'000'000;
  const sched::paused_world world(base::now_ns() + patience);
  if (!world) {
    out << "\n(the other goroutines do not stop, and cannot be shown)\n";
    return;
  }
  with_room([&] {
    scratch memory;
    symbol_cache symbols(memory);
    options.symbols = &symbols;
    const snapshot all(world, memory, snapshot::with_calls, patience);
    print_all(out, all, except, options, folding::many);
    out.flush();
  });
}

}  // namespace goro::diag
