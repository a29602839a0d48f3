// Where the quota stands:
//   /proc/self/cgroup      one line per hierarchy, `id:controllers:path`; version 2 is `0::path`
//   /proc/self/mountinfo   where a hierarchy is mounted, and which of its groups is the root of that mount
//   <mount>/<path>/cpu.max                       version 2: "quota period" or "max period", in µs
//   <mount>/<path>/cpu.cfs_quota_us, …period_us  version 1: -1 for none
// The limit of a group holds for all below it, so every group on the way up counts. In a container the mount's root is
// the container's own group, and the path may begin with it or (cgroup namespace) not.
#include "platform/linux/cgroup.hpp"

#include <fcntl.h>
#include <unistd.h>
#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace goro::platform {
namespace {

// By plain calls, as everywhere here: the C++ library's streams would be the only ones in the library.
std::string read_text(const std::string& path) {
  std::string text;
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) {
    return text;
  }
  char part[4096];
  for (ssize_t length; (length = ::read(file, part, sizeof(part))) > 0;) {
    text.append(part, static_cast<std::size_t>(length));
  }
  ::close(file);
  return text;
}

// Without an empty part at the end.
std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(separator), text.size());
    parts.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

bool lists(const std::string& comma_list, std::string_view word) {
  const auto words = split(comma_list, ',');
  return std::find(words.begin(), words.end(), word) != words.end();
}

std::optional<std::int64_t> to_number(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end != text.data() ? std::optional(number) : std::nullopt;
}

struct hierarchy {
  bool version_2;
  std::string path;  // the process's group
};

struct mount {
  std::string root;   // the group that the mount shows as its top
  std::string point;  // where
};

std::vector<hierarchy> hierarchies(const std::string& root) {
  std::vector<hierarchy> found;
  for (const std::string& line : split(read_text(root + "/proc/self/cgroup"), '\n')) {
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) {
      continue;
    }
    const std::string controllers = line.substr(first + 1, second - first - 1);
    if (controllers.empty() || lists(controllers, "cpu")) {
      found.push_back({controllers.empty(), line.substr(second + 1)});
    }
  }
  return found;
}

// `36 35 98:0 /root /point options - type source super-options`
std::optional<mount> find_mount(const std::string& root, bool version_2) {
  for (const std::string& line : split(read_text(root + "/proc/self/mountinfo"), '\n')) {
    const std::size_t separator = line.find(" - ");
    if (separator == std::string::npos) {
      continue;
    }
    const auto front = split(line.substr(0, separator), ' ');
    const auto back = split(line.substr(separator + 3), ' ');
    if (front.size() < 5 || back.size() < 3) {
      continue;
    }
    if (version_2 ? back[0] == "cgroup2" : back[0] == "cgroup" && lists(back[2], "cpu")) {
      return mount{front[3], front[4]};
    }
  }
  return std::nullopt;
}

// The group's directory below the mount point: the path without the part that the mount hides.
std::string below_mount(const std::string& path, const std::string& mount_root) {
  std::string below = path;
  if (mount_root != "/" && below.starts_with(mount_root)) {
    below.erase(0, mount_root.size());
  }
  while (!below.empty() && below.back() == '/') {
    below.pop_back();
  }
  // A group outside of what this namespace may see ("/../other"): only the top is readable.
  return below.starts_with("/..") ? "" : below;
}

struct quota {
  std::int64_t limit_us;
  std::int64_t period_us;
};

std::optional<quota> quota_of(const std::string& directory, bool version_2) {
  std::optional<std::int64_t> limit;
  std::optional<std::int64_t> period;
  if (version_2) {
    const auto words = split(read_text(directory + "/cpu.max"), ' ');
    if (words.size() == 2) {
      limit = to_number(words[0]);  // "max" is no number
      period = to_number(words[1]);
    }
  } else {
    limit = to_number(read_text(directory + "/cpu.cfs_quota_us"));
    period = to_number(read_text(directory + "/cpu.cfs_period_us"));
  }
  if (!limit || !period || *limit <= 0 || *period <= 0) {
    return std::nullopt;
  }
  return quota{*limit, *period};
}

unsigned processors_of(const hierarchy& h, const std::string& root) {
  const auto place = find_mount(root, h.version_2);
  if (!place) {
    return 0;
  }
  unsigned least = 0;
  std::string group = below_mount(h.path, place->root);
  for (;;) {
    if (const auto q = quota_of(root + place->point + group, h.version_2)) {
      const auto whole = static_cast<unsigned>((q->limit_us + q->period_us - 1) / q->period_us);
      least = least == 0 ? whole : std::min(least, whole);
    }
    if (group.empty()) {
      return least;
    }
    group.erase(group.rfind('/'));
  }
}

}  // namespace

unsigned cgroup_processors(const std::string& root) noexcept {
  try {
    unsigned least = 0;
    for (const hierarchy& h : hierarchies(root)) {
      const unsigned here = processors_of(h, root);
      if (here != 0) {
        least = least == 0 ? here : std::min(least, here);
      }
    }
    return least;
  } catch (...) {
    return 0;  // memory ended, or nonsense in a file: a quota that cannot be read is no quota
  }
}

}  // namespace goro::platform
