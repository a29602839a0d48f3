// A table of lists that only grows: chains hang on buckets, and a new list is put in front by compare-exchange. Two
// threads that add the same list at once may both succeed; then it is there twice, which does no harm.
#include "diag/race_creation.hpp"

#include <unwind.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <new>
#include <span>

#include "base/atomic.hpp"
#include "platform/sanitizer.hpp"

namespace goro::diag {
namespace {

constexpr std::size_t most_calls = 32;

struct kept_calls {
  kept_calls* next = nullptr;
  std::uint64_t hash = 0;
  std::size_t count = 0;
  std::array<const void*, most_calls + 1> calls{};
};

constexpr std::size_t buckets = 1024;
base::atomic<kept_calls*> table[buckets];

struct walk {
  const void* creator;
  std::array<const void*, most_calls> calls{};
  std::size_t count = 0;
};

_Unwind_Reason_Code visit(_Unwind_Context* context, void* data) {
  auto& w = *static_cast<walk*>(data);
  const auto* next = reinterpret_cast<const void*>(_Unwind_GetIP(context));
  if (next == nullptr || w.count == most_calls) {
    return _URC_END_OF_STACK;
  }
  if (w.count != 0 || next == w.creator) {  // what is called by the go statement is goro's
    w.calls[w.count++] = next;
  }
  return _URC_NO_REASON;
}

std::uint64_t hash_of(std::span<const void* const> calls) noexcept {
  std::uint64_t hash = calls.size();
  for (const void* call : calls) {
    hash = (hash ^ reinterpret_cast<std::uintptr_t>(call)) * 0x9E3779B97F4A7C15ULL;
    hash ^= hash >> 29;
  }
  return hash;
}

const void* const* keep(std::span<const void* const> calls) noexcept {
  const std::uint64_t hash = hash_of(calls);
  base::atomic<kept_calls*>& bucket = table[hash % buckets];
  kept_calls* first = bucket.load(base::memory_order_acquire);  // sync: kept-calls
  for (kept_calls* k = first; k != nullptr; k = k->next) {
    if (k->hash == hash && k->count == calls.size() && std::equal(calls.begin(), calls.end(), k->calls.begin())) {
      return k->calls.data();
    }
  }
  const platform::sanitizer_unobserved quiet;
  auto* made = new (std::nothrow) kept_calls;
  if (made == nullptr) {
    return nullptr;
  }
  made->hash = hash;
  made->count = calls.size();
  std::copy(calls.begin(), calls.end(), made->calls.begin());
  do {
    made->next = first;
  } while (!bucket.compare_exchange_weak(first, made, base::memory_order_acq_rel,  // sync: kept-calls
                                         base::memory_order_acquire));
  return made->calls.data();
}

}  // namespace

const void* const* calls_of_go_statement(const void* creator) noexcept {
  walk w{creator};
  _Unwind_Backtrace(&visit, &w);
  return w.count != 0 ? keep({w.calls.data(), w.count}) : nullptr;
}

}  // namespace goro::diag
