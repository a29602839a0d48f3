#include "chan/timer_channel.hpp"

#include "chan/access.hpp"
#include "sched/block.hpp"

namespace goro::detail {

namespace {

std::size_t block_size(const cell_type& type, std::size_t room) noexcept {
  return sizeof(chan_core) + type.size + room;
}

}  // namespace

chan_core* make_timer_channel(const cell_type& type, std::size_t room, void (*end)(chan_core& core) noexcept) {
  void* block = sched::take_block(block_size(type, room), alignof(chan_core));
  std::byte* buffer = static_cast<std::byte*>(block) + sizeof(chan_core);
  return &chan_access::make_for_timer(block, type, buffer, end);
}

void free_timer_channel(chan_core& core, std::size_t room) noexcept {
  chan_access ending(core);
  const std::size_t size = block_size(ending.type(), room);
  ending.end_for_timer();
  sched::give_block(&core, size, alignof(chan_core));
}

void* room_of_timer(chan_core& core) noexcept { return chan_access(core).behind_buffer(); }

bool retain_if_alive(chan_core& core) noexcept { return chan_access(core).retain_if_alive(); }

bool send_from_timer(chan_core& core, void* cell, base::function_ref<bool()> still_wanted, unsigned& woken) noexcept {
  chan_access channel(core);
  handover rest;
  channel.lock();
  const bool sent = still_wanted() && channel.send(cell, rest) == attempt::done;
  channel.unlock();
  woken += rest.peer != nullptr ? 1 : 0;
  rest.complete(true);
  return sent;
}

bool drain_timer_channel(chan_core& core, base::function_ref<void()> change) noexcept {
  chan_access channel(core);
  channel.lock();
  change();
  const bool found = channel.drain() != 0;
  channel.unlock();
  return found;
}

}  // namespace goro::detail
