#include "signal/registry.hpp"

#include <system_error>
#include <utility>

#include "base/lock.hpp"
#include "platform/sanitizer.hpp"
#include "sched/outside.hpp"
#include "sched/scheduler.hpp"
#include "sched/thread_starter.hpp"

namespace goro::detail {
namespace {

using platform::signal_action;

constinit base::lock registry_lock{base::lock_rank::signals};
constinit signal_listener* listeners = nullptr;
constinit bool has_thread = false;

// Plain: all its signals are blocked, and when the process ends it is ended with it, asleep or not.
void deliver_for_ever(void*) {
  for (;;) {
    platform::wait_for_arrival();
    signal_registry().deliver_arrived();
  }
}

// Under the lock, so that two who are first start one. The thread that starts threads never takes it.
void ensure_thread() {
  if (!has_thread) {
    if (!sched::start_thread_from_clean_one(&deliver_for_ever, nullptr, "goro-signal")) {
      throw std::system_error(std::make_error_code(std::errc::resource_unavailable_try_again),
                              "signal: cannot start the thread that delivers signals");
    }
    has_thread = true;
    sched::expect_from_outside();  // for good: as in Go, a program that has once listened is never called deadlocked
  }
}

void set_actions(signal_set signals, signal_action action) noexcept {
  for_each_signal(signals, [action](int signal) { platform::set_action(signal, action); });
}

}  // namespace

signal_registry::signal_registry() noexcept {
  sched::enter_from_thread();
  registry_lock.acquire();
  platform::sanitizer_acquire(&registry_lock);
}

signal_registry::~signal_registry() {
  platform::sanitizer_release(&registry_lock);
  registry_lock.release();
  for_each_signal(unwanted_, [](int signal) { platform::send_to_this_process(signal); });
  while (leftover_ != nullptr) {
    delete std::exchange(leftover_, leftover_->next);
  }
}

signal_listener* signal_registry::first() noexcept { return listeners; }

signal_set signal_registry::wanted_by_others(const signal_listener* except) noexcept {
  signal_set wanted = 0;
  for (const signal_listener* l = listeners; l != nullptr; l = l->next) {
    wanted |= l != except ? l->wanted : 0;
  }
  return wanted;
}

void signal_registry::want(signal_listener& listener, signal_set signals) {
  if (signals == 0) {
    return;
  }
  ensure_thread();
  if (listener.wanted == 0) {
    listener.next = listeners;
    listeners = &listener;
  }
  listener.wanted |= signals;
  set_actions(signals, signal_action::caught);
}

void signal_registry::unlink(signal_listener& listener) noexcept {
  signal_listener** place = &listeners;
  while (*place != &listener) {
    place = &(*place)->next;
  }
  *place = listener.next;
  listener.wanted = 0;
  if (listener.owned_by == signal_listener::owner::registry) {
    listener.next = std::exchange(leftover_, &listener);
  }
}

void signal_registry::remove(signal_listener& listener) noexcept {
  if (listener.wanted == 0) {
    return;
  }
  set_actions(listener.wanted & ~wanted_by_others(&listener), signal_action::former);
  deliver_arrived();
  unlink(listener);
}

void signal_registry::take_from_all(signal_set signals, signal_action action) noexcept {
  set_actions(signals, action);
  deliver_arrived();
  for (signal_listener* l = listeners; l != nullptr;) {
    signal_listener& listener = *std::exchange(l, l->next);
    const signal_set left = listener.wanted & ~signals;
    if (left == 0) {
      unlink(listener);
    } else {
      listener.wanted = left;
    }
  }
}

void signal_registry::deliver_arrived() noexcept {
  for_each_signal(platform::take_arrived(), [this](int signal) {
    bool has_listener = false;
    for (signal_listener* l = listeners; l != nullptr; l = l->next) {
      if ((l->wanted & platform::set_of(signal)) != 0) {
        has_listener = true;
        l->deliver(signal);
      }
    }
    if (!has_listener && !platform::is_ignored(signal)) {
      platform::set_action(signal, signal_action::former);  // as it is, but for a handler that somebody has put back
      unwanted_ |= platform::set_of(signal);
    }
  });
}

}  // namespace goro::detail
