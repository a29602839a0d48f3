#include "resources.hpp"

#include <dirent.h>
#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "goro/detail/config.hpp"
#include "goro/go.hpp"

namespace soak {
namespace {

std::size_t entries_of(const char* folder) {
  DIR* d = opendir(folder);
  if (d == nullptr) {
    return 0;
  }
  std::size_t n = 0;
  while (const dirent* entry = readdir(d)) {
    n += entry->d_name[0] != '.';
  }
  closedir(d);
  return n;
}

std::size_t resident_kib() {
  std::ifstream file("/proc/self/statm");
  std::size_t size = 0;
  std::size_t resident = 0;
  file >> size >> resident;
  return resident * (static_cast<std::size_t>(sysconf(_SC_PAGESIZE)) / 1024);
}

struct mapping {
  std::uintptr_t start = 0;
  std::uintptr_t end = 0;
  std::string rights;

  bool is_guard() const { return rights == "---p" && end - start <= 64 * 1024; }
};

std::vector<mapping> mappings() {
  std::ifstream file("/proc/self/maps");
  std::vector<mapping> all;
  for (std::string line; std::getline(file, line);) {
    mapping m;
    char dash = 0;
    if (std::istringstream(line) >> std::hex >> m.start >> dash >> m.end >> m.rights) {
      all.push_back(m);
    }
  }
  return all;
}

// Stacks with guards between them count as one entry: where the kernel has no guards of its own (or a sanitizer is in
// their way) each stack takes two, and how many stacks are kept for the next goroutines changes from one look to the
// next.
std::size_t map_entries() {
  std::size_t n = 0;
  mapping before_guard;
  mapping guard;
  for (const mapping& m : mappings()) {
    if (m.is_guard()) {
      guard = m;
      continue;
    }
    const bool same_stacks = m.start == guard.end && guard.start == before_guard.end && m.rights == before_guard.rights;
    n += same_stacks ? 0 : 1;
    before_guard = m;
  }
  return n;
}

std::size_t lowest(const std::vector<usage>& all, std::size_t from, std::size_t to, std::size_t usage::*what) {
  std::size_t least = all[from].*what;
  for (std::size_t i = from + 1; i < to; ++i) {
    least = std::min(least, all[i].*what);
  }
  return least;
}

struct watched {
  const char* name;
  std::size_t usage::*what;
  std::size_t slack;          // more than that, and
  std::size_t slack_percent;  // more than that of what there was before, is growth
};

constexpr bool memory_is_watched = !GORO_WITH_TSAN && !GORO_WITH_ASAN;  // they remember, and keep what was freed
constexpr std::size_t memory_slack_kib = 16 * 1024;

constexpr watched all_watched[] = {
    {"KiB resident", &usage::resident_kib, memory_is_watched ? memory_slack_kib : SIZE_MAX / 2, 10},
    {"KiB of the heap", &usage::heap_kib, 1024, 20},
#if !GORO_WITH_TSAN
    {"memory map entries", &usage::maps, 64, 20},
#endif
    {"descriptors", &usage::descriptors, 0, 0},
    {"threads", &usage::threads, 4, 0},
};

}  // namespace

usage usage_now() {
  return {resident_kib(),
          mallinfo2().uordblks / 1024,
          map_entries(),
          entries_of("/proc/self/fd") - 1,  // the one that reads the folder
          entries_of("/proc/self/task"),
          goro::num_goroutine()};
}

std::size_t plateaus::most_kib() const {
  if (all_.empty() || !memory_is_watched) {
    return SIZE_MAX;
  }
  return lowest(all_, 0, all_.size(), &usage::resident_kib) + memory_slack_kib / 2;
}

std::string plateaus::growth() const {
  std::string text;
  if (all_.size() < fewest) {
    return text;
  }
  const std::size_t third = all_.size() / 3;
  for (const watched& w : all_watched) {
    const std::size_t before = lowest(all_, third, 2 * third, w.what);
    const std::size_t after = lowest(all_, 2 * third, all_.size(), w.what);
    if (after > before + w.slack + before * w.slack_percent / 100) {
      text += std::string(text.empty() ? "" : ", ") + w.name + " from " + std::to_string(before) + " to " +
              std::to_string(after);
    }
  }
  return text;
}

}  // namespace soak
