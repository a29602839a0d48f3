// A control group with a CPU quota, of version 1 (cpu.cfs_quota_us) or 2 (cpu.max), where the machine lets one be made.
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "stress.hpp"

namespace stress {

class quota_group {
 public:
  // `percent` of one CPU. Nothing: `missing` says what there would have to be.
  static std::optional<quota_group> make(int percent, std::string& missing) {
    for (const place& p : places()) {
      remove_forgotten(p.parent);
      quota_group made(p.parent / (prefix + std::to_string(getpid())));
      if (mkdir_failed(made.folder_, missing)) {
        made.folder_.clear();
      } else if (made.set_quota(p.version_2, percent * period_us / 100, missing)) {
        return made;
      }
    }
    if (missing.empty()) {
      missing = "no control groups with the cpu controller are mounted";
    }
    return std::nullopt;
  }

  quota_group(quota_group&& other) noexcept : folder_(std::exchange(other.folder_, {})) {}
  quota_group& operator=(quota_group&&) = delete;
  ~quota_group() {
    if (!folder_.empty()) {
      remove();
    }
  }

  // The calling process, which has one thread, goes there. False: errno says why.
  bool join() const { return write_text(folder_ / "cgroup.procs", std::to_string(getpid())); }

  // In how many periods its processes have used up the quota, and in how many they have run at all.
  long periods_throttled() const { return statistic("nr_throttled"); }
  long periods() const { return statistic("nr_periods"); }

 private:
  static constexpr const char* prefix = "goro_quota_";
  static constexpr int period_us = 100'000;

  struct place {
    std::filesystem::path parent;
    bool version_2;
  };

  explicit quota_group(std::filesystem::path folder) : folder_(std::move(folder)) {}

  long statistic(std::string_view wanted) const {
    std::ifstream file(folder_ / "cpu.stat");
    std::string name;
    for (long value = 0; file >> name >> value;) {
      if (name == wanted) {
        return value;
      }
    }
    return 0;
  }

  static bool write_text(const std::filesystem::path& file, const std::string& text) {
    const int descriptor = open(file.c_str(), O_WRONLY | O_CLOEXEC);
    if (descriptor < 0) {
      return false;
    }
    const bool written = write(descriptor, text.data(), text.size()) == static_cast<ssize_t>(text.size());
    const int error = errno;
    close(descriptor);
    errno = error;
    return written;
  }

  static bool lists(const std::string& comma_list, std::string_view word) {
    std::istringstream list(comma_list);
    for (std::string one; std::getline(list, one, ',');) {
      if (one == word) {
        return true;
      }
    }
    return false;
  }

  // In each hierarchy that may limit CPU time: this process's own group if it can be seen there, and the top. (With
  // version 2 a group that has processes has no children with quotas, the top excepted.)
  static std::vector<place> places() {
    std::vector<place> found;
    std::ifstream mounts("/proc/self/mounts");
    std::string device, point, type, options, rest;
    while (mounts >> device >> point >> type >> options && std::getline(mounts, rest)) {
      const bool version_2 = type == "cgroup2";
      if (version_2 || (type == "cgroup" && lists(options, "cpu"))) {
        const std::filesystem::path own = point + own_group(version_2);
        if (own != point && std::filesystem::is_directory(own)) {
          found.push_back({own, version_2});
        }
        found.push_back({point, version_2});
      }
    }
    return found;
  }

  // `id:controllers:/path`; those of version 2 have no controllers.
  static std::string own_group(bool version_2) {
    std::ifstream file("/proc/self/cgroup");
    std::string id, controllers, path;
    while (std::getline(file, id, ':') && std::getline(file, controllers, ':') && std::getline(file, path)) {
      if (version_2 ? controllers.empty() : lists(controllers, "cpu")) {
        return path;
      }
    }
    return "";
  }

  static bool mkdir_failed(const std::filesystem::path& folder, std::string& missing) {
    std::error_code error;
    if (std::filesystem::create_directory(folder, error)) {
      return false;
    }
    note(missing, folder, error.message());
    return true;
  }

  bool set_quota(bool version_2, int quota_us, std::string& missing) const {
    const auto wrote = [&](const char* name, const std::string& text) {
      if (write_text(folder_ / name, text)) {
        return true;
      }
      note(missing, folder_ / name, std::strerror(errno));
      return false;
    };
    const std::string quota = std::to_string(quota_us);
    const std::string period = std::to_string(period_us);
    return version_2 ? wrote("cpu.max", quota + " " + period)
                     : wrote("cpu.cfs_period_us", period) && wrote("cpu.cfs_quota_us", quota);
  }

  static void note(std::string& missing, const std::filesystem::path& what, const std::string& why) {
    missing += (missing.empty() ? "" : "; ") + what.string() + ": " + why;
  }

  // Those of programs that were killed.
  static void remove_forgotten(const std::filesystem::path& parent) {
    std::error_code error;
    std::vector<std::filesystem::path> forgotten;
    for (const auto& entry : std::filesystem::directory_iterator(parent, error)) {
      const std::string name = entry.path().filename();
      if (!name.starts_with(prefix)) {
        continue;
      }
      const auto maker = static_cast<pid_t>(std::atol(name.c_str() + std::strlen(prefix)));
      if (maker == getpid() || (kill(maker, 0) != 0 && errno == ESRCH)) {
        forgotten.push_back(entry.path());
      }
    }
    for (const auto& folder : forgotten) {
      rmdir(folder.c_str());
    }
  }

  // Who has been waited for may be listed a moment longer.
  void remove() const {
    for (int tries = 0; rmdir(folder_.c_str()) != 0; ++tries) {
      if (errno != EBUSY || tries == 500) {
        fail("rmdir " + folder_.string() + ": " + std::strerror(errno));
      }
      std::this_thread::sleep_for(10ms);
    }
  }

  std::filesystem::path folder_;
};

}  // namespace stress
