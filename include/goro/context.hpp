// Contexts: deadlines, cancellation and values of a request, handed down through the calls that work for it.
#pragma once

#include <chrono>
#include <concepts>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <system_error>
#include <type_traits>
#include <utility>

#include "goro/chan.hpp"
#include "goro/detail/context_node.hpp"
#include "goro/detail/deadline.hpp"
#include "goro/detail/prepared_go.hpp"
#include "goro/errc.hpp"

namespace goro {

// A shared handle to an immutable node of a tree: cheap to copy, to be passed by reference as a first argument. Derived
// contexts end when their parent ends. A default-constructed one is the background context, so there is no nil context.
// All calls may be made by any number of goroutines and threads at the same time.
//
// A context ends once: by its cancel function, its deadline, a stop token or its parent, whichever comes first. The end
// happens before everything that learns of it: a receive from done() that returns, an err() that is set, a wait given
// the context that returns false, the start of an after_func. Go: context.Context (context/context.go).
class context {
 public:
  context() noexcept = default;

  // A channel that is closed when the context ends; the nil channel if it never does. The same at each call, made at
  // the first. For select, beside other cases. Never blocks. Throws std::bad_alloc. The channel of a context that has
  // no cancel function (with_stop_token) closes only if a context derived from it still exists.
  recv_chan<void> done() const;

  // Nothing while done() is open; afterwards errc::deadline_exceeded or errc::canceled, for good. A closed done() and a
  // set err() never contradict each other. Blocks at most for the moment in which another thread closes done().
  std::error_code err() const noexcept;

  // Why it ended: what the first cancellation of this context or one above it gave as the cause, else err().
  // Go: context.Cause.
  std::error_code cause() const noexcept;

  // When it ends by itself; the earliest of all contexts above it.
  std::optional<time_point> deadline() const noexcept;

  // The value that the nearest with_value<Key> gave, or null. It lives as long as this context.
  template <class Key>
  const typename Key::type* value() const noexcept {
    return static_cast<const typename Key::type*>(find_value(&detail::key_identity<Key>));
  }

  // A token that is stopped when the context ends; one that never stops if it never does. Its callbacks run in the call
  // that ends the context, when the whole tree below has ended; they may use goro. Throws std::bad_alloc.
  std::stop_token stop_token() const;

  // The same node, not an equal one.
  friend bool operator==(const context& a, const context& b) noexcept { return a.node_.get() == b.node_.get(); }

 private:
  friend struct detail::cancel_node;

  explicit context(detail::node_ref node) noexcept : node_(std::move(node)) {}
  const void* find_value(const void* key) const noexcept;
  detail::cancel_node* canceler() const noexcept { return node_.get() != nullptr ? node_.get()->canceler : nullptr; }

  template <class Key>
  friend context with_value(const context& parent, typename Key::type value);
  friend context without_cancel(const context& parent);
  friend std::string to_string(const context& ctx);

  detail::node_ref node_;
};

// The root: never ends, has no deadline and no values. Go: context.Background.
inline context background() noexcept { return {}; }
// The same, for a place that has no context yet and should get one. Go: context.TODO.
inline context todo() noexcept { return {}; }

namespace detail {

// Shared by the copies of a cancel function; the last one cancels.
class cancel_handle {
 public:
  cancel_handle() noexcept = default;
  cancel_handle(const cancel_handle& other) noexcept;
  cancel_handle(cancel_handle&& other) noexcept : node_(std::exchange(other.node_, nullptr)) {}
  cancel_handle& operator=(cancel_handle other) noexcept {
    std::swap(node_, other.node_);
    return *this;
  }
  ~cancel_handle();

 protected:
  explicit cancel_handle(cancel_node* node) noexcept : node_(node) {}
  void cancel(std::error_code cause) const noexcept;

 private:
  friend struct cancel_node;
  cancel_node* node_ = nullptr;
};

}  // namespace detail

// Ends a context and everything derived from it: when the call returns, whoever made the first, all of it has ended.
// Later calls do nothing. Copies are handles to the same; when the last one is destroyed, it cancels. So one that
// belongs to a scope frees what the context holds (its place under the parent, its timer) on every way out. Never
// waits for goroutines. Does nothing when default-constructed or moved from. Go: context.CancelFunc.
class cancel_func : public detail::cancel_handle {
 public:
  cancel_func() noexcept = default;
  void operator()() const noexcept { cancel({}); }

 private:
  friend struct detail::cancel_node;
  using cancel_handle::cancel_handle;
};

// The same, with a cause; none means errc::canceled. Go: context.CancelCauseFunc.
class cancel_cause_func : public detail::cancel_handle {
 public:
  cancel_cause_func() noexcept = default;
  void operator()(std::error_code cause = {}) const noexcept { cancel(cause); }

 private:
  friend struct detail::cancel_node;
  using cancel_handle::cancel_handle;
};

// const auto [ctx, cancel] = goro::with_cancel(parent);
struct cancelable {
  context ctx;
  cancel_func cancel;
};
struct cancelable_cause {
  context ctx;
  cancel_cause_func cancel;
};

namespace detail {
cancelable make_deadline_context(const context& parent, std::int64_t deadline_ns, std::error_code cause);
bool sleep_until_ns(const context& ctx, std::int64_t deadline_ns) noexcept;
}  // namespace detail

// A context that ends when cancel is called, or with its parent. Under a parent that has ended it has ended from the
// start. All of these throw std::bad_alloc and never block. Go: context.WithCancel, WithCancelCause.
cancelable with_cancel(const context& parent);
cancelable_cause with_cancel_cause(const context& parent);

// One that also ends at a point in time, with errc::deadline_exceeded; the parent's deadline counts if it is earlier. A
// time that is over ends it at once. `cause` is what cause() tells when the time ended it.
// Go: context.WithDeadline, WithTimeout, WithDeadlineCause, WithTimeoutCause.
template <class Clock, class Duration>
cancelable with_deadline(const context& parent, const std::chrono::time_point<Clock, Duration>& when,
                         std::error_code cause = {}) {
  return detail::make_deadline_context(parent, detail::deadline_at(when), cause);
}
template <class Rep, class Period>
cancelable with_timeout(const context& parent, const std::chrono::duration<Rep, Period>& timeout,
                        std::error_code cause = {}) {
  return detail::make_deadline_context(parent, detail::deadline_after(timeout), cause);
}

// One with a value. The key is a type of the caller's own, with the value's type as its member:
//   struct request_id { using type = std::string; };
//   ctx = goro::with_value<request_id>(ctx, "4711");   …   const std::string* id = ctx.value<request_id>();
// Only for data of a request that crosses APIs. The value must be safe for use by many goroutines. Go:
// context.WithValue.
template <class Key>
context with_value(const context& parent, typename Key::type value) {
  using node = detail::value_node<typename Key::type>;
  return context(detail::node_ref(new node(parent.node_.get(), &detail::key_identity<Key>, std::move(value))));
}

// One with the parent's values that does not end with it and has no deadline. Go: context.WithoutCancel.
context without_cancel(const context& parent);

// One that also ends when a stop is requested: before request_stop() returns, with errc::canceled. The link lasts as
// long as this context or one derived from it exists. Go has no counterpart; stop_token() is the way back.
context with_stop_token(const context& parent, std::stop_token token);

namespace detail {
struct after_func_entry;
}

// Takes back an after_func(). A handle: copies mean the same registration, and dropping it leaves f registered.
class after_func_stop {
 public:
  after_func_stop() noexcept = default;
  // True only if this call prevented f; then f is destroyed without having run. Never waits for an f that runs.
  bool operator()() const noexcept { return stop(); }
  bool stop() const noexcept;

 private:
  friend struct detail::after_func_entry;
  explicit after_func_stop(std::shared_ptr<detail::after_func_entry> entry) noexcept : entry_(std::move(entry)) {}
  std::shared_ptr<detail::after_func_entry> entry_;
};

namespace detail {
after_func_stop register_after_func(const context& ctx, prepared_go f);
}

// Runs f in a goroutine of its own when ctx has ended; at once if it has already. Any number may be registered; each
// costs a record and no goroutine until then. A registration keeps ctx alive. Throws std::bad_alloc, here and not at
// the end of ctx. The call happens before the start of f. Go: context.AfterFunc.
template <std::invocable F>
after_func_stop after_func(const context& ctx, F&& f) {
  return detail::register_after_func(ctx, detail::prepared_go::make(std::forward<F>(f)));
}

// Blocks for at least d (true), or until ctx has ended (false; at once if it has already). Go: select of ctx.Done() and
// time.After(d).
template <class Rep, class Period>
bool sleep(const context& ctx, const std::chrono::duration<Rep, Period>& d) noexcept {
  return detail::sleep_until_ns(ctx, detail::deadline_after(d));
}
template <class Clock, class Duration>
bool sleep_until(const context& ctx, const std::chrono::time_point<Clock, Duration>& when) noexcept {
  return detail::sleep_until_ns(ctx, detail::deadline_at(when));
}

// For logs: `background.with_value.with_cancel`.
std::string to_string(const context& ctx);

}  // namespace goro
