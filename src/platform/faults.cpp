#include "platform/faults.hpp"

#include <charconv>
#include <string_view>

#include "base/check.hpp"
#include "base/settings.hpp"

namespace goro::platform {
namespace {

constexpr std::uint32_t unread = 1U << 31;
constexpr std::string_view names[service_count] = {"reserve",    "guard", "mprotect", "batch", "thread",
                                                   "membarrier", "slice", "syscall",  "pwait2"};

struct rule {
  base::atomic<std::uint64_t> calls{0};
  base::atomic<std::uint64_t> first{0};
};
rule rules[service_count];

constexpr unsigned number(service s) noexcept { return static_cast<unsigned>(s); }
constexpr std::uint32_t bit(service s) noexcept { return 1U << number(s); }

void add_rule(std::string_view item) noexcept {
  const std::size_t colon = item.find(':');
  std::uint64_t first = 1;
  if (colon != std::string_view::npos) {
    std::from_chars(item.data() + colon + 1, item.data() + item.size(), first);
  }
  for (unsigned i = 0; i < service_count; ++i) {
    if (item.substr(0, colon) == names[i]) {
      deny(static_cast<service>(i), first);
      return;
    }
  }
  base::warn("GORODEBUG: deny names a service that does not exist");
}

// Two threads may come here at once: both read the same rules, and the counts start while the process starts.
void read_environment() noexcept {
  std::string_view list = base::debug_setting("deny").value_or("");
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    add_rule(list.substr(0, comma));
    list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
  }
  fault_rules.fetch_and(~unread, base::memory_order_relaxed);
}

}  // namespace

void deny(service s, std::uint64_t first) noexcept {
  rule& r = rules[number(s)];
  r.calls.store(0, base::memory_order_relaxed);
  r.first.store(first, base::memory_order_relaxed);
  fault_rules.fetch_or(bit(s), base::memory_order_relaxed);
}

void allow(service s) noexcept { fault_rules.fetch_and(~bit(s), base::memory_order_relaxed); }

bool denied_slow(service s) noexcept {
  if ((fault_rules.load(base::memory_order_relaxed) & unread) != 0) {
    read_environment();
  }
  if ((fault_rules.load(base::memory_order_relaxed) & bit(s)) == 0) {
    return false;
  }
  rule& r = rules[number(s)];
  return r.calls.fetch_add(1, base::memory_order_relaxed) + 1 >= r.first.load(base::memory_order_relaxed);
}

}  // namespace goro::platform
