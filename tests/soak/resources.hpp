// What a process uses, and whether that grows: looked at while it rests, so that what is left over is all there is.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace soak {

struct usage {
  std::size_t resident_kib = 0;
  std::size_t heap_kib = 0;  // allocated, by glibc's count; what its threads keep for the next allocation is in it
  std::size_t maps = 0;      // memory map entries
  std::size_t descriptors = 0;
  std::size_t threads = 0;
  std::size_t goroutines = 0;
};

usage usage_now();

// The plateaus between the turns. The first third of them (two at least) is warm-up: caches fill, thread stacks and
// arenas of malloc come to be. What the lowest of the last third has more than the lowest of the third before is
// growth: the lowest, since what is used for a while, and given back, is none.
class plateaus {
 public:
  void add(const usage& u) { all_.push_back(u); }
  std::size_t count() const { return all_.size(); }

  // More memory than this may be growth. As much as there is when nobody minds.
  std::size_t most_kib() const;
  // What grows, in words; empty: nothing, or there are too few plateaus to tell.
  std::string growth() const;
  static constexpr std::size_t fewest = 9;

 private:
  std::vector<usage> all_;
};

}  // namespace soak
