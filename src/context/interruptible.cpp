// The waits of other types that a context may end.
//
// A call tries first without a hook, so that an uncontended lock costs a look at the context. What was got while the
// context ended is given back: who holds a context that has ended before the call returned true would otherwise do work
// that nobody waits for. As Go's semaphore.Acquire.
#include "base/local_time.hpp"
#include "context/wait_hook.hpp"
#include "goro/mutex.hpp"
#include "goro/semaphore.hpp"

namespace goro {

using detail::cancel_node;
using detail::wait_hook;

bool mutex::lock(const context& ctx) noexcept {
  cancel_node* node = cancel_node::canceler_of(ctx);
  if (node == nullptr) {
    lock();
    return true;
  }
  if (node->has_ended()) {
    return false;
  }
  if (try_lock()) {
    return true;
  }
  wait_hook hook(*node, this);
  if (!lock_slow(detail::never_ns, false, &hook.interruption())) {
    return false;
  }
  if (node->has_ended()) {
    unlock();
    return false;
  }
  return true;
}

bool semaphore::acquire(const context& ctx, std::ptrdiff_t n) {
  cancel_node* node = cancel_node::canceler_of(ctx);
  if (node == nullptr) {
    acquire(n);
    return true;
  }
  if (node->has_ended()) {
    return false;
  }
  if (try_acquire(n)) {
    return true;
  }
  wait_hook hook(*node, wait_key(n));
  if (!acquire_until_ns(n, detail::never_ns, &hook.interruption())) {
    return false;
  }
  if (node->has_ended()) {
    release(n);
    return false;
  }
  return true;
}

namespace detail {

bool sleep_until_ns(const context& ctx, std::int64_t deadline_ns) noexcept {
  cancel_node* node = cancel_node::canceler_of(ctx);
  if (node != nullptr && node->has_ended()) {
    return false;
  }
  if (deadline_ns <= base::local_now_ns()) {
    sched::preemption_point();
    return true;
  }
  const char key = 0;  // nobody else waits on this frame
  sched::wait_options options{.reason = sched::wait_reason::sleep, .deadline = deadline_ns};
  if (node == nullptr) {
    sched::wait_on(&key, options, [] { return true; });
    return true;
  }
  wait_hook hook(*node, &key);
  options.interrupter = &hook.interruption();
  return sched::wait_on(&key, options, [] { return true; }).how == sched::wait_result::kind::timed_out;
}

}  // namespace detail
}  // namespace goro
