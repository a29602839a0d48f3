// What timers and tickers need of a channel: one that buffers a value but seems to have no buffer (Go 1.23), a send
// that does not block and needs no goroutine, and ways to do something together with a look at the buffer, so that no
// stale value is left after stop() or reset().
//
// Who calls these must not hold the lock of a channel. A goroutine that parks holds its channels' locks while the
// scheduler looks for its successor (sched/next.cpp, next_local): a timer that sends to a channel must not be fired
// there.
//
// The channel's block has room for what the timer keeps. The two end together, with the last handle of the channel.
#pragma once

#include <cstddef>

#include "base/function_ref.hpp"
#include "goro/detail/chan_core.hpp"

namespace goro::detail {

// A channel for one value at most, whose size() and capacity() are 0, with `room` bytes for the timer. The caller owns
// the one reference, and constructs what belongs into the room. When the last reference is gone end() is called,
// destroys that, and calls free_timer_channel with the same `room`. Throws std::bad_alloc.
chan_core* make_timer_channel(const cell_type& type, std::size_t room, void (*end)(chan_core& core) noexcept);
void free_timer_channel(chan_core& core, std::size_t room) noexcept;
void* room_of_timer(chan_core& core) noexcept;  // aligned for pointers, when the type's size is a multiple of theirs

// A reference for a timer that is about to send. False: the last one is gone, or will be.
bool retain_if_alive(chan_core& core) noexcept;

// Sends *cell if there is room or a receiver, and still_wanted() is true; it is called under the channel's lock and
// decides together with the sending. Never blocks or yields; any thread may call it. A receiver that was woken is
// counted in `woken` and is at the back of the queue; when that is not zero the caller calls sched::wake_for_work()
// after the last of its sends. False: not sent.
bool send_from_timer(chan_core& core, void* cell, base::function_ref<bool()> still_wanted, unsigned& woken) noexcept;

// Calls change() under the channel's lock, then drops the value in the buffer. True: there was one. What a timer was
// before change() can be received no more when this returns.
bool drain_timer_channel(chan_core& core, base::function_ref<void()> change) noexcept;

}  // namespace goro::detail
