// Histories of calls on channels, and the question whether Go's channel could have answered so.
//
// A history is linearizable when each call can be given one moment between its invocation and its return such that the
// calls, one after another in that order, are what the model below does. A channel without a buffer has nothing between
// the two sides: there a send and the receive that gets its value share one moment, and one of them must be a call that
// waits.
//
// The search is Wing and Gong's: of the calls that are left, take any that began before all others that are left had
// returned; what was tried before in the same situation (calls left, state of the model) is not tried again.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <deque>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

namespace history {

struct direction {
  bool send;
  int channel;
};

enum class result {
  sent,           // `value` to `channel`
  received,       // `value` from `channel`
  ended,          // received from `channel`: closed and drained
  refused,        // a send to a closed channel
  not_ready,      // full, empty, or the default of a select
  closed,         // close() of `channel`
  close_refused,  // close() of `channel`, which was closed
};

struct call {
  int caller = 0;
  std::vector<direction> cases;  // what it wanted; empty for close
  bool waits = false;            // would rather block than be not_ready
  result got = result::not_ready;
  int channel = 0;
  int value = 0;
  long invoked = 0;
  long returned = 0;
};

// Go's channel as one goroutine alone sees it.
struct model_channel {
  std::size_t capacity = 0;
  bool closed = false;
  std::deque<int> buffer = {};

  bool ready(bool send) const { return closed || (send ? buffer.size() < capacity : !buffer.empty()); }
};

class model {
 public:
  explicit model(const std::vector<std::size_t>& capacities) {
    for (const std::size_t capacity : capacities) {
      channels_.push_back({capacity});
    }
  }

  // Lets one call happen by itself; false when it cannot have happened now.
  bool step(const call& c) {
    model_channel& at = channels_.at(static_cast<std::size_t>(c.channel));
    switch (c.got) {
      case result::sent:
        if (at.closed || at.buffer.size() >= at.capacity) {
          return false;
        }
        at.buffer.push_back(c.value);
        return true;
      case result::received:
        if (at.buffer.empty() || at.buffer.front() != c.value) {
          return false;
        }
        at.buffer.pop_front();
        return true;
      case result::ended:
        return at.closed && at.buffer.empty();
      case result::refused:
        return any_case(c, [](const direction& d, const model_channel& m) { return d.send && m.closed; });
      case result::not_ready:
        return !c.waits && !any_case(c, [](const direction& d, const model_channel& m) { return m.ready(d.send); });
      case result::closed:
        return !std::exchange(at.closed, true);
      case result::close_refused:
        return at.closed;
    }
    return false;
  }

  // May these two meet now, at a channel without a buffer?
  bool meet(const call& sender, const call& receiver) const {
    const model_channel& at = channels_.at(static_cast<std::size_t>(sender.channel));
    return sender.got == result::sent && receiver.got == result::received && sender.channel == receiver.channel &&
           sender.value == receiver.value && at.capacity == 0 && !at.closed && (sender.waits || receiver.waits);
  }

  std::string text() const {
    std::string s;
    for (const model_channel& m : channels_) {
      s += m.closed ? '!' : '|';
      for (const int v : m.buffer) {
        s += static_cast<char>(v);
        s += static_cast<char>(v >> 8);
      }
      s += "\xff\xff";
    }
    return s;
  }

 private:
  template <class F>
  bool any_case(const call& c, F f) const {
    for (const direction& d : c.cases) {
      if (f(d, channels_.at(static_cast<std::size_t>(d.channel)))) {
        return true;
      }
    }
    return false;
  }

  std::vector<model_channel> channels_;
};

class search {
 public:
  search(const std::vector<call>& calls, const std::vector<std::size_t>& capacities)
      : calls_(calls), start_(capacities) {}

  bool linearizable() { return from(start_, (std::uint64_t{1} << calls_.size()) - 1); }

 private:
  bool from(const model& now, std::uint64_t left) {
    if (left == 0) {
      return true;
    }
    if (!seen_.insert(std::to_string(left) + now.text()).second) {
      return false;
    }
    std::vector<std::size_t> next;  // those that began before any other returned
    long first_return = INT64_MAX;
    for (std::size_t i = 0; i < calls_.size(); ++i) {
      if ((left >> i & 1) != 0) {
        first_return = std::min(first_return, calls_[i].returned);
      }
    }
    for (std::size_t i = 0; i < calls_.size(); ++i) {
      if ((left >> i & 1) != 0 && calls_[i].invoked < first_return) {
        next.push_back(i);
      }
    }
    for (const std::size_t i : next) {
      const std::uint64_t without = left & ~(std::uint64_t{1} << i);
      model then = now;
      if (then.step(calls_[i]) && from(then, without)) {
        return true;
      }
      for (const std::size_t k : next) {
        if (now.meet(calls_[i], calls_[k]) && from(now, without & ~(std::uint64_t{1} << k))) {
          return true;
        }
      }
    }
    return false;
  }

  const std::vector<call>& calls_;
  const model start_;
  std::unordered_set<std::string> seen_;
};

inline bool linearizable(const std::vector<call>& calls, const std::vector<std::size_t>& capacities) {
  return search(calls, capacities).linearizable();
}

inline void print(const std::vector<call>& calls, const std::vector<std::size_t>& capacities) {
  constexpr const char* names[] = {"sent", "received", "ended", "refused", "not ready", "closed", "close refused"};
  for (std::size_t i = 0; i < capacities.size(); ++i) {
    std::fprintf(stderr, "  channel %zu has capacity %zu\n", i, capacities[i]);
  }
  for (const call& c : calls) {
    std::fprintf(stderr, "  [%3ld, %3ld] caller %d %s", c.invoked, c.returned, c.caller, c.waits ? "waits:" : "tries:");
    for (const direction& d : c.cases) {
      std::fprintf(stderr, " %s%d", d.send ? "send" : "recv", d.channel);
    }
    std::fprintf(stderr, " -> %s, channel %d, value %d\n", names[static_cast<int>(c.got)], c.channel, c.value);
  }
}

}  // namespace history
