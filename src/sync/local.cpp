// Goroutine-local values: each goroutine's slot (sched/agent.hpp) points to a table indexed by the key's number.
// Numbers are used again when a key dies; the serial in the entry tells whose value it holds.
//
// The tables need no lock, each belongs to one goroutine or thread. Only the list of free numbers is shared.
#include "goro/local.hpp"

#include <mutex>
#include <vector>

#include "base/atomic.hpp"
#include "goro/mutex.hpp"
#include "sched/agent.hpp"

namespace goro::detail {
namespace {

struct entry {
  std::uint64_t serial = 0;  // 0: empty
  void* value = nullptr;
  void (*destroy)(void*) = nullptr;
};
using table = std::vector<entry>;

struct key_numbers {
  mutex lock;
  std::vector<std::uint32_t> unused;
  std::uint32_t next = 0;
};

// Never destroyed: keys may be statics of any file.
key_numbers& numbers() {
  static key_numbers* const all = new key_numbers;
  return *all;
}

base::atomic<std::uint64_t> last_serial{0};

void destroy_value(entry& e) noexcept {
  const entry old = std::exchange(e, entry{});
  if (old.serial != 0) {
    old.destroy(old.value);  // may use other keys, so `e` may be gone
  }
}

// The end of a goroutine or thread. A destructor may ask for locals again; like POSIX we go round a few times for that.
void destroy_table(void* storage) {
  constexpr int rounds = 4;
  void** slot = sched::local_storage_slot();
  for (int round = 0; storage != nullptr && round < rounds; ++round) {
    *slot = nullptr;
    const std::unique_ptr<table> ending(static_cast<table*>(storage));
    for (auto e = ending->rbegin(); e != ending->rend(); ++e) {
      destroy_value(*e);
    }
    slot = sched::local_storage_slot();
    storage = *slot;
  }
  *slot = nullptr;
}

entry* find(std::uint32_t index) noexcept {
  auto* values = static_cast<table*>(*sched::local_storage_slot());
  return values != nullptr && index < values->size() ? &(*values)[index] : nullptr;
}

}  // namespace

local_key::local_key() : serial_(last_serial.fetch_add(1, base::memory_order_relaxed) + 1) {
  key_numbers& all = numbers();
  sched::local_storage_destroy_hook.store(&destroy_table, base::memory_order_release);  // sync: hook
  const std::lock_guard hold(all.lock);
  if (all.unused.empty()) {
    all.unused.reserve(all.next + 1);  // so that giving a number back cannot fail
    index_ = all.next++;
  } else {
    index_ = all.unused.back();
    all.unused.pop_back();
  }
}

local_key::~local_key() {
  key_numbers& all = numbers();
  const std::lock_guard hold(all.lock);
  all.unused.push_back(index_);
}

void* local_key::get() const noexcept {
  const entry* e = find(index_);
  return e != nullptr && e->serial == serial_ ? e->value : nullptr;
}

void local_key::set(void* value, void (*destroy)(void*)) const {
  if (entry* e = find(index_)) {
    destroy_value(*e);
  }
  void** slot = sched::local_storage_slot();  // after destroy_value, which runs user code
  if (*slot == nullptr) {
    *slot = new table;
  }
  auto& values = *static_cast<table*>(*slot);
  if (values.size() <= index_) {
    values.resize(index_ + 1);
  }
  values[index_] = {serial_, value, destroy};
}

void local_key::reset() const noexcept {
  entry* e = find(index_);
  if (e != nullptr && e->serial == serial_) {
    destroy_value(*e);
  }
}

}  // namespace goro::detail
