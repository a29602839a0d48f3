// A search for references, as a conservative garbage collector makes it, but backwards: from the few objects that
// goroutines wait for.
//
// A *candidate* is a goroutine that waits without a deadline for a channel, or for a sync object that stands on the
// stack or in the closure of a candidate. What it waits for is a *target*: the head of the channel, or that whole stack
// or closure. Memory is looked through for words that equal a target (lie in it); whatever holds one may act on it.
// Found in memory that does not belong to a candidate, the target is alive, and so are those who wait for it; found in
// a candidate's own memory (its frames and its closure) it is alive when that candidate is. What is not alive in the
// end can only be woken by those who wait for the same kind of thing themselves: for ever.
//
// This errs towards life only. Memory that is free, or a dead part of a frame, may hold an old address: then a leak is
// not found. All private writable memory is read (memory_walk.hpp), the heap as one: an object on the heap that only a
// candidate refers to counts as somebody else's. An address that is kept otherwise than as a word (compressed, in a
// file) is not seen, nor one that a thread has only in a register, unless the caller has stopped it
// (platform/thread_stop.hpp).
//
// Everything the search writes lies in its own scratch memory and in frames below `here`, which it leaves out.
#include "diag/leak_search.hpp"

#include "diag/memory_walk.hpp"
#include "diag/wait_graph.hpp"

namespace goro::diag {
namespace {

using word = wait_graph::word;

class search {
 public:
  search(const snapshot& all, scratch& memory, const std::byte* here) noexcept
      : snapshot_(all), memory_(memory), here_(reinterpret_cast<word>(here)), graph_(all.goroutines(), memory) {}

  void run(bool* certain) noexcept {
    if (!graph_.build()) {
      return;
    }
    scan_candidates();
    if (!scan_everything_else()) {
      return;
    }
    graph_.spread_life();
    for (const wait_graph::candidate& c : graph_.candidates()) {
      certain[c.number] = !c.alive;
    }
  }

 private:
  void scan_candidates() noexcept {
    for (wait_graph::candidate& c : graph_.candidates()) {
      scan(c, c.stack_low, c.stack_high);
      scan(c, c.closure_low, c.closure_high);
      reach(c, c.stack_low);
      if (c.closure_low != c.closure_high) {
        reach(c, c.closure_low);
      }
    }
  }

  void scan(wait_graph::candidate& c, word low, word high) noexcept {
    for (word at = low; at + sizeof(word) <= high; at += sizeof(word)) {
      reach(c, *reinterpret_cast<const word*>(at));
    }
  }

  void reach(wait_graph::candidate& c, word value) noexcept {
    if (wait_graph::target* t = graph_.find(value)) {
      graph_.add_reach(c, *t);
    }
  }

  bool scan_everything_else() noexcept {
    return memory_walk(snapshot_, memory_, here_)
        .run([this](const seen_goroutine& g) { return graph_.is_candidate(g); },
             [this](word low, std::span<const word> words) {
               for (std::size_t i = 0; i < words.size(); ++i) {
                 if (graph_.is_in_range(words[i])) [[unlikely]] {
                   meet(low + i * sizeof(word), words[i]);
                 }
               }
             });
  }

  void meet(word at, word value) noexcept {
    wait_graph::target* t = graph_.find(value);
    if (t != nullptr && !t->alive && !is_bookkeeping(at) && !memory_.contains(reinterpret_cast<const std::byte*>(at)) &&
        !graph_.is_own_memory(at)) {
      t->alive = true;
    }
  }

  static bool is_bookkeeping(word at) noexcept {
    const platform::memory_range table = sched::wait_table_memory();
    const auto low = reinterpret_cast<word>(table.base);
    return at >= low && at < low + table.size;
  }

  const snapshot& snapshot_;
  scratch& memory_;
  const word here_;
  wait_graph graph_;
};

}  // namespace

void find_certain_leaks(const snapshot& all, scratch& memory, const std::byte* here, bool* certain) noexcept {
  for (std::size_t i = 0; i < all.goroutines().size(); ++i) {
    certain[i] = waits_for_ever_by_itself(all.goroutines()[i].who);
  }
  // Sanitizers keep copies of what goes round, and memory of a size that cannot be looked through.
  if constexpr (!GORO_WITH_ASAN && !GORO_WITH_TSAN) {
    search(all, memory, here).run(certain);
  }
}

}  // namespace goro::diag
