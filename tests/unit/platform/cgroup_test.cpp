// Made-up /proc and cgroup trees.
#include "platform/linux/cgroup.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace goro::platform {
namespace {

class Cgroup : public ::testing::Test {
 protected:
  Cgroup() {
    std::string pattern = (std::filesystem::temp_directory_path() / "goro-cgroup-XXXXXX").string();
    root_ = ::mkdtemp(pattern.data());
  }
  ~Cgroup() override { std::filesystem::remove_all(root_); }

  void write(const std::string& path, const std::string& text) const {
    std::filesystem::create_directories(std::filesystem::path(root_ + path).parent_path());
    std::ofstream(root_ + path) << text;
  }
  unsigned processors() const { return cgroup_processors(root_); }

  std::string root_;
};

constexpr auto mount_2 = "30 25 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n";
constexpr auto mount_1 =
    "29 20 0:25 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
    "30 20 0:26 / /sys/fs/cgroup/cpu,cpuacct rw shared:9 - cgroup cgroup rw,cpu,cpuacct\n";

TEST_F(Cgroup, WithoutFilesThereIsNoQuota) { EXPECT_EQ(processors(), 0U); }

TEST_F(Cgroup, Version2QuotaIsRoundedUp) {
  write("/proc/self/cgroup", "0::/app\n");
  write("/proc/self/mountinfo", mount_2);
  write("/sys/fs/cgroup/app/cpu.max", "150000 100000\n");
  EXPECT_EQ(processors(), 2U);
}

TEST_F(Cgroup, LessThanOneCpuIsOne) {
  write("/proc/self/cgroup", "0::/app\n");
  write("/proc/self/mountinfo", mount_2);
  write("/sys/fs/cgroup/app/cpu.max", "5000 100000\n");
  EXPECT_EQ(processors(), 1U);
}

TEST_F(Cgroup, MaxMeansNoQuota) {
  write("/proc/self/cgroup", "0::/app\n");
  write("/proc/self/mountinfo", mount_2);
  write("/sys/fs/cgroup/app/cpu.max", "max 100000\n");
  EXPECT_EQ(processors(), 0U);
}

TEST_F(Cgroup, TheTightestGroupOnTheWayUpCounts) {
  write("/proc/self/cgroup", "0::/a/b/c\n");
  write("/proc/self/mountinfo", mount_2);
  write("/sys/fs/cgroup/a/cpu.max", "300000 100000\n");
  write("/sys/fs/cgroup/a/b/cpu.max", "max 100000\n");
  write("/sys/fs/cgroup/a/b/c/cpu.max", "800000 100000\n");
  EXPECT_EQ(processors(), 3U);
}

TEST_F(Cgroup, Version1) {
  write("/proc/self/cgroup", "5:memory:/x\n4:cpu,cpuacct:/box/inner\n0::/\n");
  write("/proc/self/mountinfo", mount_1);
  write("/sys/fs/cgroup/cpu,cpuacct/box/cpu.cfs_quota_us", "400000\n");
  write("/sys/fs/cgroup/cpu,cpuacct/box/cpu.cfs_period_us", "100000\n");
  write("/sys/fs/cgroup/cpu,cpuacct/box/inner/cpu.cfs_quota_us", "-1\n");
  write("/sys/fs/cgroup/cpu,cpuacct/box/inner/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(processors(), 4U);
}

TEST_F(Cgroup, AContainersMountShowsItsOwnGroupAsTheTop) {
  write("/proc/self/cgroup", "4:cpu,cpuacct:/docker/abc\n");
  write("/proc/self/mountinfo", "30 20 0:26 /docker/abc /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct\n");
  write("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "50000\n");
  write("/sys/fs/cgroup/cpu/cpu.cfs_period_us", "25000\n");
  EXPECT_EQ(processors(), 2U);
}

TEST_F(Cgroup, NonsenseIsNoQuota) {
  write("/proc/self/cgroup", "nonsense\n::\n0::/app\n");
  write("/proc/self/mountinfo", std::string("short - line\n\n - \n") + mount_2);
  write("/sys/fs/cgroup/app/cpu.max", "fast -3\n");
  EXPECT_EQ(processors(), 0U);
  write("/sys/fs/cgroup/app/cpu.max", "100000 0\n");
  EXPECT_EQ(processors(), 0U);
  write("/sys/fs/cgroup/app/cpu.max", "");
  EXPECT_EQ(processors(), 0U);
}

TEST_F(Cgroup, AGroupOutsideTheNamespaceReadsTheTop) {
  write("/proc/self/cgroup", "0::/../other\n");
  write("/proc/self/mountinfo", mount_2);
  write("/sys/fs/cgroup/cpu.max", "200000 100000\n");
  EXPECT_EQ(processors(), 2U);
}

}  // namespace
}  // namespace goro::platform
