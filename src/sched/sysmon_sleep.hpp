// Where the monitor sleeps, and how it is woken.
//
// While a processor is in use it sleeps in wait_for_thread_request() until its next look, and requests end that. While
// all are idle it sleeps on sched.sysmon_word until somebody takes a processor (wake_sysmon_if_asleep, under the
// scheduler's lock) or wants anything else of it (rouse_sysmon, without a lock).
//
//   who wants something                            monitor
//   1. says what (thread_starter.hpp, …)           1. takes `roused` back
//   2. roused = true                               2. looks for what is wanted
//   3. asleep -> busy: wakes it; or it does not    3. sysmon_word = asleep
//      sleep there: ends its other sleep           4. roused? Then does not sleep
//
// Step 1 of the monitor reads `roused` true, and with it what was said by all who roused it; or false, and then it is
// raised later: 2 and 3 are a store-load pair with 3 and 4, so that either the one finds it asleep or the other is
// roused.
#pragma once

#include "sched/scheduler.hpp"

namespace goro::sched {

// While somebody waits for a processor whose owner does not move on the monitor looks often (handoff.hpp), else ever
// more seldom; at the most this long.
inline constexpr base::nanoseconds sysmon_tick = time_slice / 2;

bool all_idle() noexcept;

// All for the monitor alone. Step 1:
void begin_to_look_around() noexcept;
// Steps 3 and 4. Sleeps until a processor is taken, or something is to be done before; not at all unless all are idle.
void sleep_while_idle(base::nanoseconds next_upkeep, bool more_upkeep, base::nanoseconds deadline) noexcept;
// An upkeep begins: what ends after this makes another one necessary, what has ended before is in this one.
void note_upkeep() noexcept;

}  // namespace goro::sched
