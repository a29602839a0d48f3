// What idle.cpp and timekeeper.cpp share: the lists of idle workers, and how a sleeping one is woken.
#pragma once

#include "sched/scheduler.hpp"

namespace goro::sched {

// What a sleeping worker's wake word says.
inline constexpr std::uint32_t wake_none = 0;
inline constexpr std::uint32_t wake_sent = 1;
inline constexpr std::uint32_t wake_none_in_poller = 2;  // as wake_none, of the worker that sleeps in the poller

void send_wake(worker& w) noexcept;

// Lock held: into the idle workers, and out of them (or out of the timekeeper's place).
void list_as_idle(worker& w) noexcept;
void unlist(worker& w) noexcept;

// Takes `w` out of the idle workers together with an idle processor. False when neither is to be had.
// When somebody gave `w` a processor meanwhile, that is as good.
bool resume_with_processor(worker& w, bool spinning) noexcept;

// timekeeper.cpp -------------------------------------------------------------------------------------------------
// The earliest of all processors' timers.
base::nanoseconds earliest_timer() noexcept;
// Lock held: `w` is not in the poller any more, if it was.
void leave_poller(const worker& w) noexcept;
// Sleeps until somebody gives `w`, which is listed, a processor or its time as timekeeper has come.
void sleep_listed(worker& w) noexcept;

}  // namespace goro::sched
