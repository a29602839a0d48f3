// A channel's operations one by one: make, send, receive, close. Those of several channels at once are in select.cpp.
//
// A call that must wait links itself under the channel's lock and leaves the unlocking to the park; see sched/wait.hpp.
// It is on one channel only, so whoever wins it has unlinked it, and nothing is to be cleaned up.
#include "goro/chan.hpp"

#include <new>

#include "chan/access.hpp"
#include "sched/bubble.hpp"
#include "sched/inspect.hpp"
#include "sched/scheduler.hpp"

namespace goro::detail {

using sched::wait_reason;

void panic_send_on_closed_channel() { base::raise_panic("send on closed channel"); }

// make and destroy -------------------------------------------------------------------------------------------------

namespace {

constexpr const char* size_out_of_range = "makechan: size out of range";
// No machine has more memory for one buffer; a limit of our own, as some systems promise any amount.
constexpr std::size_t largest_buffer = std::size_t{1} << 39;

constexpr std::size_t buffer_offset(std::size_t alignment) noexcept {
  return (sizeof(chan_core) + alignment - 1) / alignment * alignment;
}

// Not aligned to cache lines: that would cost more at each make_chan than it brings.
constexpr bool is_over_aligned(const cell_type& type) noexcept {
  return type.alignment > __STDCPP_DEFAULT_NEW_ALIGNMENT__;
}

void* allocate(const cell_type& type, std::size_t size) noexcept {
  return is_over_aligned(type) ? ::operator new(size, std::align_val_t{type.alignment}, std::nothrow)
                               : ::operator new(size, std::nothrow);
}

[[noreturn]] void block_forever(wait_reason reason) noexcept {
  for (;;) {
    sched::waiter who;
    who.park(reason, nullptr, nullptr);
  }
}

}  // namespace

chan_core::chan_core(const cell_type& type, std::size_t capacity, std::byte* buffer) noexcept
    : state_(capacity == 0 ? full : 0),
      capacity_(capacity),
      buffer_(buffer),
      type_(type),
      bubble_(sched::bubble::any() ? sched::bubble::id_of_caller() : 0) {}

chan_core::~chan_core() {
  chan_access rest(*this);
  rest.drain();
  base::check(receivers_.first == nullptr && senders_.first == nullptr, "nobody waits at a channel that ends");
}

chan_core* chan_core::make(const cell_type& type, std::size_t capacity) {
  const bool fits = capacity <= PTRDIFF_MAX && (type.size == 0 || capacity <= largest_buffer / type.size);
  if (!fits) {
    base::raise_panic(size_out_of_range);
  }
  const std::size_t offset = buffer_offset(type.alignment);
  void* block = allocate(type, offset + type.size * capacity);
  if (block == nullptr) {
    base::raise_panic(size_out_of_range);
  }
  return ::new (block) chan_core(type, capacity, static_cast<std::byte*>(block) + offset);
}

namespace {
// When the program starts: no channel waits before.
[[maybe_unused]] const bool channels_are_known = [] {
  sched::channel_head_size.store(sizeof(chan_core), base::memory_order_relaxed);
  sched::channel_is_fed_hook.store(
      [](const void* channel) noexcept {
        return chan_access(const_cast<chan_core&>(*static_cast<const chan_core*>(channel))).is_fed();
      },
      base::memory_order_release);  // sync: hook
  return true;
}();
}  // namespace

void chan_core::destroy() noexcept {
  if (end_timer_ != nullptr) {
    end_timer_(*this);
    return;
  }
  const cell_type& type = type_;
  this->~chan_core();
  if (is_over_aligned(type)) {
    ::operator delete(static_cast<void*>(this), std::align_val_t{type.alignment});
  } else {
    ::operator delete(static_cast<void*>(this));
  }
}

void chan_core::retain_annotated() noexcept { references_.fetch_add(1, base::memory_order_relaxed); }

void chan_core::release_annotated() noexcept {
  platform::sanitizer_release(&references_);
  if (references_.fetch_sub(1, base::memory_order_acq_rel) == 1) {  // sync: chan-references
    platform::sanitizer_acquire(&references_);
    destroy();
  }
}

// The count of one moment: what is read between two equal states of an unlocked channel. Who reads the count of an
// operation that still holds the lock also sees, by the release and acquire of the count, that the state is locked.
std::size_t chan_core::size() const noexcept {
  if (end_timer_ != nullptr) {
    return 0;
  }
  for (int tries = 0; tries < 16; ++tries) {
    const std::uint64_t before = state_.load(base::memory_order_acquire);  // sync: chan
    const std::size_t count = count_.load(base::memory_order_acquire);     // sync: chan-count
    if ((before & locked) == 0 && state_.load(base::memory_order_relaxed) == before) {
      return count;
    }
  }
  chan_access channel(const_cast<chan_core&>(*this));
  channel.lock();
  const std::size_t count = count_.load(base::memory_order_relaxed);
  channel.unlock();
  return count;
}

// send and receive ----------------------------------------------------------------------------------------------------

bool chan_send(chan_core* core, void* cell) noexcept {
  if (core == nullptr) [[unlikely]] {
    block_forever(wait_reason::chan_send_nil);
  }
  chan_access channel(*core);
  channel.note_send(__builtin_return_address(0));
  channel.lock();
  handover rest;
  const attempt result = channel.send(cell, rest);
  if (result != attempt::not_ready) {
    channel.unlock();
    rest.complete();
    return result == attempt::done;
  }
  sched::waiter self;
  chan_link link;
  link.who = &self;
  link.cell = cell;
  link.alone = true;
  self.note_object(core);
  channel.note_wait(self);
  channel.enqueue_sender(link);
  const std::uint32_t outcome = self.park(wait_reason::chan_send, &chan_access::unlock, core);
  return chan_link::passed(outcome);
}

bool chan_receive(chan_core* core, void* cell) noexcept {
  if (core == nullptr) [[unlikely]] {
    block_forever(wait_reason::chan_receive_nil);
  }
  chan_access channel(*core);
  if (chan_core::at_end(core->state())) {
    channel.note_end();
    return false;
  }
  channel.lock();
  handover rest;
  const attempt result = channel.receive(cell, rest);
  if (result != attempt::not_ready) {
    channel.unlock();
    rest.complete();
    return result == attempt::done;
  }
  sched::waiter self;
  chan_link link;
  link.who = &self;
  link.cell = cell;
  link.alone = true;
  self.note_object(core);
  channel.note_wait(self);
  channel.enqueue_receiver(link);
  const std::uint32_t outcome = self.park(wait_reason::chan_receive, &chan_access::unlock, core);
  return chan_link::passed(outcome);
}

chan_status chan_try_send(chan_core* core, void* cell) noexcept {
  if (core == nullptr) {
    return chan_status::full;
  }
  chan_access channel(*core);
  channel.note_send(__builtin_return_address(0));
  if (!chan_core::can_send(core->state())) {
    return chan_status::full;
  }
  channel.lock();
  handover rest;
  const attempt result = channel.send(cell, rest);
  channel.unlock();
  rest.complete();
  return result == attempt::done     ? chan_status::success
         : result == attempt::closed ? chan_status::closed
                                     : chan_status::full;
}

chan_status chan_try_receive(chan_core* core, void* cell) noexcept {
  if (core == nullptr || !chan_core::can_receive(core->state())) {
    return chan_status::empty;
  }
  chan_access channel(*core);
  if (chan_core::at_end(core->state())) {
    channel.note_end();
    return chan_status::closed;
  }
  channel.lock();
  handover rest;
  const attempt result = channel.receive(cell, rest);
  channel.unlock();
  rest.complete();
  return result == attempt::done     ? chan_status::success
         : result == attempt::closed ? chan_status::closed
                                     : chan_status::empty;
}

// close ---------------------------------------------------------------------------------------------------------------

namespace {

void make_ready_all(chan_link* chain) noexcept {
  if (chain == nullptr) {
    return;
  }
  while (chain != nullptr) {
    chan_link* next = chain->next;  // gone once ready
    __builtin_prefetch(next);       // each on a page of its own
    if (chain->alone) {
      chain->linked = false;
      chain->who->claim_unrivalled(chan_link::outcome(chain->number, false));
    }
    handover{chain}.complete(true);
    chain = next;
  }
  sched::wake_for_work();
}

}  // namespace

void chan_close(chan_core* core) {
  simulation_point();
  if (core == nullptr) {
    base::raise_panic("close of nil channel");
  }
  chan_access channel(*core);
  channel.note_close_beside_send(__builtin_return_address(0));
  channel.lock();
  chan_link* chain = nullptr;
  const bool closed_now = channel.close(chain);
  channel.unlock();
  if (!closed_now) {
    base::raise_panic("close of closed channel");
  }
  make_ready_all(chain);
}

}  // namespace goro::detail
