#include "chan/timer_channel.hpp"

#include "chan/access.hpp"

namespace goro::detail {

chan_core* make_timer_channel(const cell_type& type) {
  chan_core* core = chan_core::make(type, 1);
  chan_access(*core).seem_unbuffered();
  return core;
}

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
