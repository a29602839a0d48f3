#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cstdlib>
#include <vector>

#include "platform/faults.hpp"
#include "platform/os.hpp"

namespace goro::platform {
namespace {

// Asks the kernel, which answers instead of faulting. (uname writes 390 bytes.)
bool is_writable(std::byte* page) { return ::syscall(SYS_uname, page) == 0; }

class Memory : public ::testing::Test {
 protected:
  static constexpr std::size_t size = 64 * page_size;
  void TearDown() override {
    for (const service s :
         {service::reserve, service::kernel_guard, service::protection_guard, service::batch_advice}) {
      allow(s);
    }
    release_memory(base_, size);
  }
  std::byte* base_ = reserve_memory(size, page_size);
};

TEST_F(Memory, IsAlignedZeroAndWritable) {
  for (std::size_t alignment = page_size; alignment <= (std::size_t{64} << 20); alignment *= 4) {
    std::byte* p = reserve_memory(size, alignment);
    ASSERT_NE(p, nullptr);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(p) % alignment, 0U);
    EXPECT_EQ(p[0], std::byte{0});
    p[size - 1] = std::byte{1};
    release_memory(p, size);
  }
}

TEST_F(Memory, MoreThanThereIsGivesNull) { EXPECT_EQ(reserve_memory(std::size_t{1} << 60, page_size), nullptr); }

TEST_F(Memory, DiscardedPagesReadAsZero) {
  for (const bool batches : {true, false}) {
    if (!batches) {
      deny(service::batch_advice);
    }
    std::vector<memory_range> ranges;
    for (std::size_t page = 0; page < 64; page += 2) {
      base_[page * page_size] = std::byte{7};
      base_[(page + 1) * page_size] = std::byte{8};
      ranges.push_back({base_ + page * page_size, page_size});
    }
    discard_memory(ranges);
    for (std::size_t page = 0; page < 64; page += 2) {
      EXPECT_EQ(base_[page * page_size], std::byte{0});
      EXPECT_EQ(base_[(page + 1) * page_size], std::byte{8});
    }
  }
}

TEST_F(Memory, MoreRangesThanOneCallTakes) {
  constexpr std::size_t count = 3000;
  std::byte* many = reserve_memory(count * 2 * page_size, page_size);
  std::vector<memory_range> ranges;
  for (std::size_t i = 0; i < count; ++i) {
    many[i * 2 * page_size] = std::byte{7};
    ranges.push_back({many + i * 2 * page_size, page_size});
  }
  discard_memory(ranges);
  for (std::size_t i = 0; i < count; ++i) {
    ASSERT_EQ(many[i * 2 * page_size], std::byte{0});
  }
  release_memory(many, count * 2 * page_size);
}

TEST_F(Memory, GuardsFaultAndOutliveDiscarding) {
  for (auto* guard : {&guard_by_kernel, &guard_by_protection}) {
    std::byte* page = base_ + (guard == &guard_by_kernel ? 2 : 5) * page_size;
    if (!guard(page, page_size)) {
      continue;  // no such kernel
    }
    EXPECT_FALSE(is_writable(page));
    EXPECT_TRUE(is_writable(page - page_size));
    EXPECT_TRUE(is_writable(page + page_size));
    const memory_range all{base_, size};
    discard_memory({&all, 1});
    EXPECT_FALSE(is_writable(page));
  }
}

TEST_F(Memory, ManyGuardsInOneCall) {
  const memory_range ranges[] = {
      {base_, page_size}, {base_ + 4 * page_size, page_size}, {base_ + 8 * page_size, page_size}};
  const std::size_t done = guard_many_by_kernel(ranges);
  if (done == 0) {
    GTEST_SKIP() << "no such kernel";
  }
  EXPECT_EQ(done, 3U);
  for (const memory_range& r : ranges) {
    EXPECT_FALSE(is_writable(r.base));
  }
}

TEST_F(Memory, ServicesCanBeDenied) {
  deny(service::kernel_guard);
  EXPECT_FALSE(guard_by_kernel(base_, page_size));
  deny(service::protection_guard);
  EXPECT_FALSE(guard_by_protection(base_, page_size));
  EXPECT_TRUE(is_writable(base_));
  deny(service::reserve, 2);  // from the second call on
  std::byte* first = reserve_memory(size, page_size);
  EXPECT_NE(first, nullptr);
  EXPECT_EQ(reserve_memory(size, page_size), nullptr);
  EXPECT_EQ(reserve_memory(size, page_size), nullptr);
  allow(service::reserve);
  release_memory(first, size);
}

TEST_F(Memory, TheEnvironmentDeniesToo) {
  ::setenv("GORODEBUG", "schedtrace=1,deny=mprotect,reserve:2,x=y", 1);
  fault_rules.store(1U << 31, base::memory_order_relaxed);  // as in a new process
  EXPECT_FALSE(guard_by_protection(base_, page_size));
  std::byte* first = reserve_memory(size, page_size);
  EXPECT_NE(first, nullptr);
  EXPECT_EQ(reserve_memory(size, page_size), nullptr);
  release_memory(first, size);
  ::unsetenv("GORODEBUG");
}

TEST_F(Memory, MapEntriesAreCounted) {
  EXPECT_GE(max_memory_maps(), 1000U);
  const std::size_t before = memory_maps_in_use();
  EXPECT_GT(before, 5U);
  ASSERT_TRUE(guard_by_protection(base_ + page_size, page_size));
  EXPECT_GT(memory_maps_in_use(), before);
}

}  // namespace
}  // namespace goro::platform
