// What the kernel says about memory.
#pragma once

#include <algorithm>
#include <fstream>
#include <limits>
#include <string>

namespace tour {

// The number behind `name` in a file of lines like "VmRSS:   1234 kB", in bytes; 0 when it is not there.
inline double bytes_in(const char* file, const std::string& name) {
  std::ifstream in(file);
  for (std::string word; in >> word;) {
    if (double kilobytes = 0; word == name && in >> kilobytes) {
      return kilobytes * 1024;
    }
  }
  return 0;
}

// Memory this process occupies: resident pages and the page tables that map them.
inline double bytes_in_use() {
  return bytes_in("/proc/self/status", "VmRSS:") + bytes_in("/proc/self/status", "VmPTE:");
}

// Memory that this process could still take, by the machine and by the cgroup it may be confined to.
inline double bytes_available() {
  const auto number_in = [](const char* file) {
    double number = 0;
    return std::ifstream(file) >> number ? number : std::numeric_limits<double>::infinity();
  };
  const double left_in_group = number_in("/sys/fs/cgroup/memory.max") - number_in("/sys/fs/cgroup/memory.current");
  const double left = bytes_in("/proc/meminfo", "MemAvailable:");
  return left_in_group >= 0 ? std::min(left, left_in_group) : left;
}

// `wanted`, or as many waiting goroutines as fit into four fifths of the memory there is: a page each, and its share of
// the page tables.
inline long goroutines_that_fit(long wanted) {
  return std::min(wanted, static_cast<long>(0.8 * bytes_available() / 4800));
}

}  // namespace tour
