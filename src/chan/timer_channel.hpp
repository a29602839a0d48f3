// What timers and tickers need of a channel: one that buffers a value but seems to have no buffer (Go 1.23), a send that does not
// block and needs no goroutine, and ways to do something together with a look at the buffer, so that no stale value is left
// after stop() or reset().
//
// Who calls these must not hold the lock of a channel. A goroutine that parks holds its channels' locks while the scheduler looks for
// its successor (sched/dispatch.cpp, next_local): a timer that sends to a channel must not be fired there.
#pragma once

#include <cstddef>

#include "base/function_ref.hpp"
#include "goro/detail/chan_core.hpp"

namespace goro::detail {

// A channel for one value at most, whose size() and capacity() are 0. The caller owns the one reference.
chan_core* make_timer_channel(const cell_type& type);

// Sends *cell if there is room or a receiver, and still_wanted() is true; it is called under the channel's lock and decides together
// with the sending. Never blocks or yields; any thread may call it. A receiver that was woken is counted in `woken` and is at the
// back of the queue; when that is not zero the caller calls sched::wake_for_work() after the last of its sends.
// False: not sent.
bool send_from_timer(chan_core& core, void* cell, base::function_ref<bool()> still_wanted, unsigned& woken) noexcept;

// Calls change() under the channel's lock, then drops the value in the buffer. True: there was one. What a timer was
// before change() can be received no more when this returns.
bool drain_timer_channel(chan_core& core, base::function_ref<void()> change) noexcept;

}  // namespace goro::detail
