// Structure of a bucket: a list of *keys*, each represented by its first waiter; that waiter heads the list of the
// others of its key. So waiters of one key are never walked to find another key.
//
//   bucket.keys -> A1 ------> B1 -> …        (next_key)
//                  |          |
//                  A2 -> A3   B2             (next, previous; A1.last == A3)
//
// Invariants (under the bucket's lock): a node is `linked` exactly when it is reachable from bucket.keys; a head's
// `last` is the last node of its key; only heads have a meaningful next_key and last.
#include "sched/wait_table.hpp"

#include "base/lock.hpp"
#include "platform/sanitizer.hpp"
#include "sched/bubble.hpp"
#include "sched/inspect.hpp"
#include "sched/scheduler.hpp"

namespace goro::sched {
namespace {

constexpr std::uint32_t outcome_woken = 1;
constexpr std::uint32_t outcome_timed_out = 2;
constexpr std::uint32_t outcome_interrupted = 3;

struct wait_node {
  waiter who;
  const void* key = nullptr;
  wait_node* next = nullptr;
  wait_node* previous = nullptr;
  wait_node* next_key = nullptr;
  wait_node* last = nullptr;
  std::uintptr_t note = 0;
  base::nanoseconds since = 0;
  std::uint32_t token = 0;
  bool linked = false;
  bool looks_again = false;
};

struct bucket {
  base::lock lock{base::lock_rank::wait_bucket};
  wait_node* keys = nullptr;
};

// Many and small: each key in a bucket is a waiter on some other stack, so walking past one is a cache miss. With 1,024
// buckets fib(30) (13,000 goroutines wait, each on a wait_group of its own) spent three quarters of its time there. 1
// MiB of address space, committed as it is used.
constexpr unsigned bucket_bits = 16;
constinit bucket buckets[std::size_t{1} << bucket_bits];

bucket& bucket_of(const void* key) noexcept {
  const auto address = reinterpret_cast<std::uintptr_t>(key);
  return buckets[(address * 0x9E3779B97F4A7C15ULL) >> (64 - bucket_bits)];  // Fibonacci hashing: the top bits
}

wait_node** find_key(bucket& b, const void* key) noexcept {
  wait_node** link = &b.keys;
  while (*link != nullptr && (*link)->key != key) {
    link = &(*link)->next_key;
  }
  return link;
}

void enqueue(bucket& b, wait_node& node, bool front) noexcept {
  wait_node** link = find_key(b, node.key);
  wait_node* head = *link;
  node.linked = true;
  node.next = node.previous = nullptr;
  if (head == nullptr) {
    node.next_key = nullptr;
    node.last = &node;
    *link = &node;
  } else if (front) {
    node.next = head;
    head->previous = &node;
    node.next_key = head->next_key;
    node.last = head->last;
    *link = &node;
  } else {
    node.previous = head->last;
    head->last->next = &node;
    head->last = &node;
  }
}

void unlink(bucket& b, wait_node& node) noexcept {
  wait_node** link = find_key(b, node.key);
  wait_node* head = *link;
  base::check(node.linked && head != nullptr, "unlink of a queued waiter");
  node.linked = false;
  if (head == &node) {
    wait_node* second = node.next;
    if (second == nullptr) {
      *link = node.next_key;
    } else {
      second->previous = nullptr;
      second->next_key = node.next_key;
      second->last = node.last;
      *link = second;
    }
    return;
  }
  node.previous->next = node.next;
  if (node.next != nullptr) {
    node.next->previous = node.previous;
  } else {
    head->last = node.previous;
  }
}

bool anyone_on(bucket& b, const void* key) noexcept { return *find_key(b, key) != nullptr; }

// Takes the first waiter that can still be won.
wait_node* take_first(bucket& b, const void* key) noexcept {
  while (wait_node* head = *find_key(b, key)) {
    unlink(b, *head);
    if (head->who.claim(outcome_woken)) {
      return head;
    }
  }
  return nullptr;
}

void release_bucket(void* b) noexcept { static_cast<bucket*>(b)->lock.release(); }

wait_result result_of(wait_node& node, std::uint32_t outcome) noexcept {
  switch (outcome) {
    case outcome_woken:
      return {wait_result::kind::woken, node.token};  // the token was stored before make_ready()
    case outcome_interrupted:
      return {wait_result::kind::interrupted, 0};
    default:
      return {wait_result::kind::timed_out, 0};
  }
}

void make_ready_all(wait_node* chain, std::uint32_t count) noexcept {
  if (count == 1) {
    chain->who.make_ready();
    return;
  }
  while (chain != nullptr) {
    wait_node* next = chain->next;             // gone once ready
    platform::sanitizer_release(&chain->who);  // the waker's edge, as in make_ready()
    chain->who.make_ready_quietly();
    chain = next;
  }
  if (count != 0) {
    wake_for_work();
  }
}

struct chain_builder {
  wait_node* first = nullptr;
  wait_node** end = &first;
  std::uint32_t count = 0;

  void add(wait_node& node) noexcept {
    node.next = nullptr;
    *end = &node;
    end = &node.next;
    ++count;
  }
  void give(std::uint32_t token) const noexcept {
    for (wait_node* n = first; n != nullptr; n = n->next) {
      n->token = token;
    }
  }
};

}  // namespace

// How a wait deals with its interruption, if it has one. Bucket's lock held.
struct interruptible_wait {
  interruption* by;

  bool refused() const noexcept { return by != nullptr && by->interrupted_; }
  void begin(waiter& who) const noexcept {
    if (by != nullptr) {
      by->waiting_ = &who;
    }
  }
  void end() const noexcept {
    if (by != nullptr) {
      by->waiting_ = nullptr;
    }
  }
};

waiter* interruption::interrupt() noexcept {
  const base::lock_guard hold(bucket_of(key_).lock);
  interrupted_ = true;
  return waiting_ != nullptr && waiting_->claim(outcome_interrupted) ? waiting_ : nullptr;
}

namespace {

wait_result wait(const void* key, const wait_options& options, base::function_ref<bool()> still_needed,
                 base::function_ref<void()>* before_park, base::function_ref<void(bool)>* timed_out_cleanup) noexcept {
  const interruptible_wait interruptible{options.interrupter};
  bucket& b = bucket_of(key);
  wait_node node;
  node.key = key;
  node.note = options.note;
  node.since = options.waiting_since;
  node.looks_again = options.looks_again;
  node.who.note_object(key);
  b.lock.acquire();
  if (interruptible.refused()) {
    if (timed_out_cleanup != nullptr) {
      (*timed_out_cleanup)(anyone_on(b, key));
    }
    b.lock.release();
    return {wait_result::kind::interrupted, 0};
  }
  if (!still_needed()) {
    b.lock.release();
    return {wait_result::kind::refused, 0};
  }
  enqueue(b, node, options.front);
  interruptible.begin(node.who);
  if (bubble::any()) [[unlikely]] {
    node.who.note_in_table(true);
  }
  const std::uint32_t outcome =
      node.who.park_until(options.reason, options.deadline, outcome_timed_out, &release_bucket, &b, before_park);
  if (bubble::any()) [[unlikely]] {
    node.who.note_in_table(false);
  }
  if (outcome != outcome_woken || options.interrupter != nullptr) {
    const base::lock_guard hold(b.lock);
    interruptible.end();
    if (node.linked) {  // else a waker took us, or met us after the timeout and passed on; it saw who else waits
      unlink(b, node);
      if (timed_out_cleanup != nullptr) {
        (*timed_out_cleanup)(anyone_on(b, key));
      }
    }
  }
  return result_of(node, outcome);
}

}  // namespace

wait_result wait_on(const void* key, const wait_options& options, base::function_ref<bool()> still_needed) noexcept {
  return wait(key, options, still_needed, nullptr, nullptr);
}

wait_result wait_on(const void* key, const wait_options& options, base::function_ref<bool()> still_needed,
                    base::function_ref<void(bool)> timed_out_cleanup) noexcept {
  return wait(key, options, still_needed, nullptr, &timed_out_cleanup);
}

wait_result wait_on(const void* key, const wait_options& options, base::function_ref<bool()> still_needed,
                    base::function_ref<void()> before_park, base::function_ref<void(bool)> timed_out_cleanup) noexcept {
  return wait(key, options, still_needed, &before_park, &timed_out_cleanup);
}

platform::memory_range wait_table_memory() noexcept { return {reinterpret_cast<std::byte*>(buckets), sizeof(buckets)}; }

std::uint32_t wake_one(const void* key, base::function_ref<std::uint32_t(const wake_info&)> decide) noexcept {
  bucket& b = bucket_of(key);
  wait_node* node;
  {
    const base::lock_guard hold(b.lock);
    node = take_first(b, key);
    wake_info info;
    info.others_wait = anyone_on(b, key);
    if (node != nullptr) {
      info.woken = 1;
      info.note = node->note;
      info.waiting_since = node->since;
    }
    const std::uint32_t token = decide(info);
    if (node == nullptr) {
      return 0;
    }
    node->token = token;
  }
  node->who.make_ready();
  return 1;
}

void wake_to_look_again(const void* key, std::uint32_t token) noexcept {
  bucket& b = bucket_of(key);
  wait_node* node;
  {
    const base::lock_guard hold(b.lock);
    node = *find_key(b, key);
    while (node != nullptr && !(node->looks_again && node->who.claim(outcome_woken))) {
      node = node->next;
    }
    if (node == nullptr) {
      return;
    }
    unlink(b, *node);
    node->token = token;
  }
  node->who.make_ready();
}

std::uint32_t wake_all(const void* key, base::function_ref<std::uint32_t(const wake_info&)> decide) noexcept {
  bucket& b = bucket_of(key);
  chain_builder chain;
  {
    const base::lock_guard hold(b.lock);
    wait_node** link = find_key(b, key);
    wait_node* node = *link;
    if (node != nullptr) {
      *link = node->next_key;
    }
    while (node != nullptr) {
      wait_node* next = node->next;
      node->linked = false;
      if (node->who.claim(outcome_woken)) {
        chain.add(*node);
      }
      node = next;
    }
    chain.give(decide({.woken = chain.count}));
  }
  make_ready_all(chain.first, chain.count);
  return chain.count;
}

std::uint32_t wake_some(const void* key, base::function_ref<wake_choice(std::uintptr_t note)> choose,
                        base::function_ref<void(std::uintptr_t note)> taken,
                        base::function_ref<std::uint32_t(const wake_info&)> finish) noexcept {
  bucket& b = bucket_of(key);
  chain_builder chain;
  {
    const base::lock_guard hold(b.lock);
    wait_node* node = *find_key(b, key);
    while (node != nullptr) {
      wait_node* next = node->next;
      if (node->who.outcome() != waiter::waiting) {  // timed out, about to leave: not to be offered
        unlink(b, *node);
        node = next;
        continue;
      }
      const wake_choice choice = choose(node->note);
      if (choice == wake_choice::stop) {
        break;
      }
      if (choice == wake_choice::wake) {
        unlink(b, *node);
        if (node->who.claim(outcome_woken)) {  // else its timeout won meanwhile
          chain.add(*node);
          taken(node->note);
        }
      }
      node = next;
    }
    wake_info info;
    info.woken = chain.count;
    info.others_wait = anyone_on(b, key);
    chain.give(finish(info));
  }
  make_ready_all(chain.first, chain.count);
  return chain.count;
}

}  // namespace goro::sched
