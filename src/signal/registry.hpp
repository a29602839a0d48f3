// Who wants which signals, and the last part of a signal's way to them (platform/signals.hpp has the first).
//
// One lock guards all of it: the list of listeners, what the process does with each signal, and the deliveries.
// Invariants, whenever it is free:
//   - a signal is caught exactly if a listener wants it (unless the program has installed something of its own over it)
//   - a listener is linked exactly if it wants something
//   - while a listener is linked, there is the thread that delivers
//
// What stop() promises
//   nothing later   a delivery happens under the lock, and finds only what is linked.
//   nothing lost    to take a signal from its last listener is, under the lock: (1) put the former action back, (2)
//                   deliver what has arrived, (3) unlink. A signal whose handler has noted it before (2) is delivered.
//                   One whose handler was already called at (1) and notes it after (2) arrives with nobody who wants
//                   it: who delivers that sends it to the process once more, where it meets the former action. So a
//                   signal comes to a channel or to what was there before, always.
//
// The lock is held for some calls to the system and a send without waiting for each listener; nothing under it parks or
// yields (so the channels are reached below their preemption points), and no handler takes it. Everything here is never
// destroyed: the thread outlives static objects.
#pragma once

#include <cstdint>

#include "platform/signals.hpp"

namespace goro::detail {

using platform::signal_set;

struct signal_listener {
  enum class owner : std::uint8_t {
    itself,    // removes itself before it ends
    registry,  // deleted when nothing is left to it
  };
  explicit signal_listener(owner who) noexcept : owned_by(who) {}
  signal_listener(const signal_listener&) = delete;
  signal_listener& operator=(const signal_listener&) = delete;
  virtual ~signal_listener() = default;

  // One of the signals it wants has arrived. Called under the lock.
  virtual void deliver(int signal) noexcept = 0;

  const owner owned_by;
  signal_set wanted = 0;            // guarded by the lock; not empty: it is linked
  signal_listener* next = nullptr;  // guarded by the lock
};

// The lock, for one operation. Its end sends on what nobody wanted, and deletes what is left over.
class signal_registry {
 public:
  // Starts the runtime when nothing has yet.
  signal_registry() noexcept;
  ~signal_registry();
  signal_registry(const signal_registry&) = delete;
  signal_registry& operator=(const signal_registry&) = delete;

  // The linked listener for which is(listener), or null.
  template <class Is>
  signal_listener* find(Is is) const noexcept {
    signal_listener* l = first();
    while (l != nullptr && !is(*l)) {
      l = l->next;
    }
    return l;
  }

  // Adds to what the listener wants; links it if it is not yet. Throws std::system_error when there is no thread to
  // deliver.
  void want(signal_listener& listener, signal_set signals);

  // Unlinks the listener, if it is linked. What had arrived for it it gets first.
  void remove(signal_listener& listener) noexcept;

  // Takes the signals from all listeners and makes `action` (former or ignored) what is done with them.
  void take_from_all(signal_set signals, platform::signal_action action) noexcept;

  // Gives what has arrived to those who want it.
  void deliver_arrived() noexcept;

 private:
  static signal_listener* first() noexcept;
  static signal_set wanted_by_others(const signal_listener* except) noexcept;
  void unlink(signal_listener& listener) noexcept;

  signal_set unwanted_ = 0;              // arrived, with nobody who wants them
  signal_listener* leftover_ = nullptr;  // unlinked, and the registry's own
};

// All of these that are signals and can be had; all that can be, for an empty list.
template <class List>
signal_set set_of_signals(const List& signals) noexcept {
  if (signals.size() == 0) {
    return platform::changeable_signals();
  }
  signal_set set = 0;
  for (const int signal : signals) {
    if (platform::can_change_action(signal)) {
      set |= platform::set_of(signal);
    }
  }
  return set;
}

template <class F>
void for_each_signal(signal_set signals, F f) {
  for (; signals != 0; signals &= signals - 1) {
    f(__builtin_ctzll(signals) + 1);
  }
}

}  // namespace goro::detail
