// Channels: goroutines hand values to one another, and wait for one another in doing so.
#pragma once

#include <concepts>
#include <cstddef>
#include <iterator>
#include <optional>
#include <type_traits>
#include <utility>

#include "goro/detail/chan_core.hpp"

namespace goro {

template <class T>
class chan;
template <class T>
class send_chan;
template <class T>
class recv_chan;

namespace detail {

// A counted reference to a channel, or nil.
class chan_handle {
 public:
  chan_handle() noexcept = default;
  explicit chan_handle(chan_core* owned) noexcept : core_(owned) {}
  chan_handle(const chan_handle& other) noexcept : chan_handle(share(other.core_)) {}
  chan_handle(chan_handle&& other) noexcept : core_(std::exchange(other.core_, nullptr)) {}
  chan_handle& operator=(chan_handle other) noexcept {
    std::swap(core_, other.core_);
    return *this;
  }
  ~chan_handle() {
    if (core_ != nullptr) {
      core_->release();
    }
  }

  // How many values are in the buffer at this moment; 0 for nil. Never blocks. Go: len.
  std::size_t size() const noexcept { return core_ != nullptr ? core_->size() : 0; }

  // For how many the buffer has room; 0 for nil. Go: cap.
  std::size_t capacity() const noexcept { return core_ != nullptr ? core_->capacity() : 0; }

  // False for the nil channel.
  explicit operator bool() const noexcept { return core_ != nullptr; }

  // Do both handles mean the same channel? Directions may differ. All nil channels are equal.
  friend bool operator==(const chan_handle& a, const chan_handle& b) noexcept { return a.core_ == b.core_; }

  // For select and other parts of goro.
  chan_core* core() const noexcept { return core_; }
  static chan_handle share(chan_core* core) noexcept {
    if (core != nullptr) {
      core->retain();
    }
    return chan_handle(core);
  }

 private:
  chan_core* core_ = nullptr;
};

// The sending half of the operations, on top of `Base`.
template <class T, class Base>
class with_send : public Base {
 public:
  using sent_type = T;

  with_send() noexcept = default;
  explicit with_send(chan_handle&& handle) noexcept : Base(std::move(handle)) {}

  // Gives `value` to the channel: to a receiver that waits, else to the buffer when it has room; else blocks until one
  // of the two is so. Panics `send on closed channel`, also when the channel is closed while the call waits. Blocks
  // forever on the nil channel.
  //
  // The send happens before the completion of the receive that gets the value. Go: ch <- value.
  void send(T value) const {
    chan_core* core = this->core();
    outgoing<T> out(value);
    if (!push_fast(core, out)) {
      if (!chan_send(core, out.cell())) {
        panic_send_on_closed_channel();
      }
    }
    out.sent();
  }

  // The same without blocking: `full` when send would block, `closed` when it would panic. The value is lost then.
  // Go: select with a send and a default.
  chan_status try_send(T value) const {
    chan_core* core = this->core();
    outgoing<T> out(value);
    if (!push_fast(core, out)) {
      const chan_status status = chan_try_send(core, out.cell());
      if (status != chan_status::success) {
        return status;
      }
    }
    out.sent();
    return chan_status::success;
  }

 private:
  // Templates, since T may be incomplete where a chan<T> is only named.
  template <class Out>
  static bool push_fast(chan_core* core, Out& out) noexcept {
    preemption_point();
    return !GORO_WITH_TSAN && core != nullptr && core->push<cell_of<T>, cell_size<T>>(*out.cell());
  }
};

template <class Base>
class with_send<void, Base> : public Base {
 public:
  using sent_type = void;

  with_send() noexcept = default;
  explicit with_send(chan_handle&& handle) noexcept : Base(std::move(handle)) {}

  void send() const {
    if (!push_fast(this->core()) && !chan_send(this->core(), nullptr)) {
      panic_send_on_closed_channel();
    }
  }

  chan_status try_send() const {
    return push_fast(this->core()) ? chan_status::success : chan_try_send(this->core(), nullptr);
  }

 private:
  static bool push_fast(chan_core* core) noexcept {
    char nothing = 0;
    preemption_point();
    return !GORO_WITH_TSAN && core != nullptr && core->push<char, 0>(nothing);
  }
};

// The compiler forgets that there is no value: it would warn of every `*ch.recv()`.
template <class T>
void forget_emptiness(std::optional<T>& value) noexcept {
  asm volatile("" : : "r"(&value) : "memory");
}

template <class T>
std::optional<T> end_of_channel() noexcept {
  std::optional<T> nothing;
  forget_emptiness(nothing);
  return nothing;
}

// The receiving half.
template <class T, class Base>
class with_recv : public Base {
 public:
  using received_type = T;

  with_recv() noexcept = default;
  explicit with_recv(chan_handle&& handle) noexcept : Base(std::move(handle)) {}

  // Takes the oldest value of the channel; when there is none, blocks until somebody sends or closes. nullopt: the
  // channel is closed and drained. Blocks forever on the nil channel.
  //
  // The k-th receive from a channel of capacity C happens before the completion of the (k + C)-th send; close() happens
  // before a receive that returns because of it. Go: v, ok := <-ch.
  std::optional<T> recv() const {
    incoming<T> in;
    if (!receive(in)) {
      return end_of_channel<T>();
    }
    return in.take([](T&& value) { return std::optional<T>(std::in_place, std::move(value)); });
  }

  // The same into an existing object; false: closed and drained, and `out` is as it was.
  bool recv(T& out) const {
    incoming<T> in;
    if (!receive(in)) {
      return false;
    }
    in.take([&out](T&& value) { out = std::move(value); });
    return true;
  }

  // The same without blocking: success, empty, or closed (and drained). Go: select with a receive and a default.
  chan_status try_recv(T& out) const {
    incoming<T> in;
    chan_core* core = this->core();
    const chan_status status = pop_fast(core, in) ? chan_status::success : chan_try_receive(core, in.cell());
    if (status == chan_status::success) {
      in.take([&out](T&& value) { out = std::move(value); });
    }
    return status;
  }

  class iterator;

  // for (auto& value : ch): receives until the channel is closed and drained. An iterator receives when it is first
  // compared or dereferenced; the value lives until the next step. Several goroutines may iterate at once, and share
  // the values.
  iterator begin() const noexcept { return iterator(*this); }
  std::default_sentinel_t end() const noexcept { return {}; }

 private:
  template <class In>
  static bool pop_fast(chan_core* core, In& in) noexcept {
    preemption_point();
    return !GORO_WITH_TSAN && core != nullptr && core->pop<cell_of<T>, cell_size<T>>(in.cell());
  }
  template <class In>
  bool receive(In& in) const noexcept {
    return pop_fast(this->core(), in) || chan_receive(this->core(), in.cell());
  }
};

// The position in a channel that is iterated over: an input iterator.
template <class T, class Base>
class with_recv<T, Base>::iterator {
 public:
  using iterator_concept = std::input_iterator_tag;
  using value_type = T;
  using difference_type = std::ptrdiff_t;

  iterator() noexcept = default;
  explicit iterator(const with_recv& channel) noexcept : channel_(channel) {}

  T& operator*() const {
    fetch();
    return *value_;
  }
  // A step over a value that nobody looked at takes it all the same.
  iterator& operator++() {
    fetch();
    value_.reset();
    fetched_ = false;
    return *this;
  }
  void operator++(int) { ++*this; }
  friend bool operator==(const iterator& i, std::default_sentinel_t) {
    i.fetch();
    return !i.value_.has_value();
  }

 private:
  void fetch() const {
    if (!fetched_) {
      incoming<T> in;
      fetched_ = true;
      if (channel_.receive(in)) {
        in.take([this](T&& value) { value_.emplace(std::move(value)); });
      } else {
        forget_emptiness(value_);
      }
    }
  }

  with_recv channel_;
  mutable std::optional<T> value_;
  mutable bool fetched_ = false;
};

template <class Base>
class with_recv<void, Base> : public Base {
 public:
  using received_type = void;

  with_recv() noexcept = default;
  explicit with_recv(chan_handle&& handle) noexcept : Base(std::move(handle)) {}

  // True: somebody has sent. False: closed and drained.
  bool recv() const { return pop_fast(this->core()) || chan_receive(this->core(), nullptr); }

  chan_status try_recv() const {
    return pop_fast(this->core()) ? chan_status::success : chan_try_receive(this->core(), nullptr);
  }

 private:
  static bool pop_fast(chan_core* core) noexcept {
    char nothing = 0;
    preemption_point();
    return !GORO_WITH_TSAN && core != nullptr && core->pop<char, 0>(&nothing);
  }
};

}  // namespace detail

// A channel of T, as Go's. The object is a handle: copies mean the same channel, which ends with its last handle. One
// pointer wide; default-constructed it is the nil channel. All operations are const and may be called by any number of
// goroutines and threads at once, as long as the handle they are called on lives; the channel may end as soon as the
// effect of the last operation is seen, even while that operation has not returned.
//
//   auto results = goro::make_chan<int>(10);
//   goro::go([results] { results.send(42); results.close(); });
//   for (int r : results) std::printf("%d\n", r);
//
// T may be move-only, and its move may throw: what was not sent then stays out of the channel, what was received is
// lost. A T that is larger than 256 bytes or whose move may throw travels in a heap allocation of its own. Other moves
// (and destructors of moved-from values) run while the channel is locked: they must not block or call goro. Go:
// runtime/chan.go.
//
// chan<void> passes no value (Go: chan struct{}): send(), bool recv(), try_send(), try_recv().
template <class T>
class chan : public detail::with_recv<T, detail::with_send<T, detail::chan_handle>> {
  using base = detail::with_recv<T, detail::with_send<T, detail::chan_handle>>;

 public:
  chan() noexcept = default;

  // No more values will come. Receivers get what is in the buffer and then the end; senders panic, those that wait now
  // as well. Never blocks. Panics: `close of closed channel`, `close of nil channel`. Go: close(ch).
  void close() const { detail::chan_close(this->core()); }

 private:
  template <class U>
  friend chan<U> make_chan(std::size_t capacity);
  explicit chan(detail::chan_core* owned) noexcept : base(detail::chan_handle(owned)) {}
};

// A channel that may only be sent to (and closed). chan<T> converts to it, nothing converts back. Go: chan<- T.
template <class T>
class send_chan : public detail::with_send<T, detail::chan_handle> {
  using base = detail::with_send<T, detail::chan_handle>;

 public:
  send_chan() noexcept = default;
  // For other parts of goro. A template, so that no handle with another direction fits.
  template <std::same_as<detail::chan_handle> Handle>
  explicit send_chan(Handle handle) noexcept : base(std::move(handle)) {}
  // NOLINTNEXTLINE(google-explicit-constructor): meant to convert
  send_chan(chan<T> channel) noexcept : base(static_cast<detail::chan_handle&&>(channel)) {}

  void close() const { detail::chan_close(this->core()); }  // as chan's
};

// A channel that may only be received from. chan<T> converts to it, nothing converts back. Go: <-chan T.
template <class T>
class recv_chan : public detail::with_recv<T, detail::chan_handle> {
  using base = detail::with_recv<T, detail::chan_handle>;

 public:
  recv_chan() noexcept = default;
  template <std::same_as<detail::chan_handle> Handle>
  explicit recv_chan(Handle handle) noexcept : base(std::move(handle)) {}  // as for send_chan
  // NOLINTNEXTLINE(google-explicit-constructor): meant to convert
  recv_chan(chan<T> channel) noexcept : base(static_cast<detail::chan_handle&&>(channel)) {}
};

// A channel with room for `capacity` values. Without room a send waits for its receiver. Throws nothing but the panic
// `makechan: size out of range`: for a capacity that does not fit into memory, so also for a negative number. Go:
// make(chan T, capacity).
template <class T>
chan<T> make_chan(std::size_t capacity = 0) {
  static_assert(std::is_same_v<T, std::remove_cvref_t<T>>, "chan<T>: T must be a plain type");
  static_assert(std::is_void_v<T> || std::is_move_constructible_v<T>, "chan<T>: T must be movable");
  static_assert(std::is_void_v<T> || std::is_nothrow_destructible_v<T>, "chan<T>: T's destructor must not throw");
  return chan<T>(detail::chan_core::make(detail::cell_type_of<T>, capacity));
}

}  // namespace goro
