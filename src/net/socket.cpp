#include "net/socket.hpp"

#include <mutex>
#include <new>
#include <string>

#include "platform/sanitizer.hpp"

namespace goro::net::detail {
namespace {

// For the race detector: whatever was done before a write happens before what follows any later read, as in Go
// (syscall.ioSync): data went from one to the other by ways that it does not see.
constinit char io_sync = 0;

}  // namespace

// A call under way keeps the descriptor.
class socket::call {
 public:
  call(socket& s, std::error_code& error) noexcept : socket_(s), entered_(s.enter()) {
    error.clear();
    if (!entered_) {
      error = errc::closed;
    }
  }
  call(const call&) = delete;
  call& operator=(const call&) = delete;
  ~call() {
    if (entered_) {
      socket_.leave();
    }
  }
  explicit operator bool() const noexcept { return entered_; }

 private:
  socket& socket_;
  const bool entered_;
};

socket* socket::adopt(int descriptor, endpoint::kind kind, std::error_code& error) noexcept {
  int number = 0;
  if (sched::io_source* source = sched::io_source::open(descriptor, number)) {
    if (auto* s = new (std::nothrow) socket(descriptor, kind, *source)) {
      error.clear();
      return s;
    }
    source->close();
    number = static_cast<int>(std::errc::not_enough_memory);
  }
  platform::close_socket(descriptor);
  error.assign(number, std::system_category());
  return nullptr;
}

void socket::release() noexcept {
  if (handles_.fetch_sub(1, base::memory_order_acq_rel) == 1) {  // sync: socket-handles
    std::error_code ignored;
    close(ignored);
    delete this;
  }
}

bool socket::enter() noexcept {
  if ((state_.fetch_add(1, base::memory_order_relaxed) & closed_bit) == 0) [[likely]] {
    return true;
  }
  leave();
  return false;
}

// The last one out of a closed socket gives the descriptor back. Who comes too late also counts for a moment (enter),
// so the count may come to zero more than once: the event tells whether it was done.
void socket::leave() noexcept {
  if (state_.fetch_sub(1, base::memory_order_acq_rel) == (closed_bit | 1)) [[unlikely]] {  // sync: socket-calls
    give_back_descriptor();
  }
}

void socket::give_back_descriptor() noexcept {
  if (given_back_started_.exchange(true, base::memory_order_acq_rel)) {  // sync: socket-calls
    return;
  }
  source_.close();
  platform::close_socket(descriptor_);
  if (unlink_on_close_.load(base::memory_order_relaxed) && local_.path().size() > 1 && local_.path().front() != '@') {
    platform::remove_path(local_.path().c_str());
  }
  given_back_.set();
}

void socket::close(std::error_code& error) noexcept {
  error.clear();
  state_.fetch_add(1, base::memory_order_relaxed);
  if ((state_.fetch_or(closed_bit, base::memory_order_acq_rel) & closed_bit) != 0) {  // sync: socket-calls
    leave();
    error = errc::closed;
    return;
  }
  source_.evict();
  leave();
  given_back_.wait(goro::detail::event::use::once);
}

bool socket::wait(io_direction d, std::error_code& error) noexcept {
  switch (source_.take(d)) {
    case sched::io_status::ready:
      return true;
    case sched::io_status::timed_out:
      error = errc::timeout;
      return false;
    case sched::io_status::closed:
      break;
  }
  error = errc::closed;
  return false;
}

template <class F>
std::size_t socket::read_by(F system_call, std::size_t asked, std::error_code& error) noexcept {
  const call self(*this, error);
  if (!self) {
    return 0;
  }
  const std::lock_guard turn(read_turn_);
  while (wait(io_direction::read, error)) {
    const platform::io_result r = system_call();
    if (platform::is_would_block(r.error)) {
      continue;
    }
    if (r.error != 0 || !drained_by(r.count, asked)) {
      source_.put_back(io_direction::read);
    }
    if (r.error != 0) {
      error.assign(r.error, std::system_category());
    } else {
      platform::sanitizer_acquire(&io_sync);
    }
    return r.count;
  }
  return 0;
}

std::size_t socket::read(std::span<std::byte> to, std::error_code& error) noexcept {
  if (to.empty() && socket_kind_of(kind_) == platform::socket_kind::stream) {
    const call self(*this, error);
    return 0;
  }
  return read_by([&] { return platform::receive(descriptor_, to); }, to.size(), error);
}

bool socket::is_quiet() noexcept {
  std::error_code error;
  const call self(*this, error);
  std::byte first;
  return self && platform::is_would_block(platform::peek(descriptor_, {&first, 1}).error);
}

std::size_t socket::read_from(std::span<std::byte> to, endpoint& from, std::error_code& error) noexcept {
  platform::socket_address sender;
  platform::address_storage storage;
  const std::size_t n = read_by([&] { return platform::receive_from(descriptor_, to, sender, storage); }, 0, error);
  if (!error) {
    from = from_platform(sender, kind_);
  }
  return n;
}

// One step of a write: waits and tries until something was written, or it fails.
template <class F>
std::size_t socket::write_by(F system_call, std::error_code& error) noexcept {
  platform::sanitizer_release(&io_sync);
  while (wait(io_direction::write, error)) {
    const platform::io_result r = system_call();
    if (platform::is_would_block(r.error)) {
      continue;
    }
    source_.put_back(io_direction::write);
    if (r.error != 0) {
      error.assign(r.error, std::system_category());
    }
    return r.count;
  }
  return 0;
}

std::size_t socket::write(std::span<const std::byte> from, std::error_code& error) noexcept {
  const call self(*this, error);
  if (!self || (from.empty() && socket_kind_of(kind_) == platform::socket_kind::stream)) {
    return 0;
  }
  const std::lock_guard turn(write_turn_);
  std::size_t done = 0;
  do {
    done += write_by([&] { return platform::send(descriptor_, from.subspan(done)); }, error);
  } while (!error && done < from.size());
  return done;
}

std::size_t socket::write_buffers(std::span<const conn::buffer> from, std::error_code& error) noexcept {
  const call self(*this, error);
  if (!self) {
    return 0;
  }
  const std::lock_guard turn(write_turn_);
  std::size_t total = 0;
  std::size_t inside = 0;  // how much of the first piece is written
  for (;;) {
    while (!from.empty() && inside == from.front().size()) {
      from = from.subspan(1);
      inside = 0;
    }
    if (from.empty()) {
      return total;
    }
    std::size_t n = write_by(
        [&] {
          return inside != 0 || from.size() == 1 ? platform::send(descriptor_, from.front().subspan(inside))
                                                 : platform::send_pieces(descriptor_, from);
        },
        error);
    if (error) {
      return total;
    }
    total += n;
    while (n != 0) {
      const std::size_t left = from.front().size() - inside;
      if (n < left) {
        inside += n;
        break;
      }
      n -= left;
      from = from.subspan(1);
      inside = 0;
    }
  }
}

void socket::write_to(std::span<const std::byte> from, const endpoint& to, std::error_code& error) noexcept {
  const call self(*this, error);
  if (!self) {
    return;
  }
  const std::lock_guard turn(write_turn_);
  const platform::socket_address address = to_platform(to);
  write_by([&] { return platform::send_to(descriptor_, from, address); }, error);
}

std::uint64_t socket::send_file(int file, std::uint64_t offset, std::uint64_t count, std::error_code& error) noexcept {
  const call self(*this, error);
  if (!self) {
    return 0;
  }
  const std::lock_guard turn(write_turn_);
  std::uint64_t done = 0;
  while (!error && done < count) {
    const std::size_t n =
        write_by([&] { return platform::send_file(descriptor_, file, offset + done, count - done); }, error);
    if (n == 0) {
      break;  // the file ends here
    }
    done += n;
  }
  return done;
}

socket* socket::accept(std::error_code& error) noexcept {
  const call self(*this, error);
  if (!self) {
    return nullptr;
  }
  int accepted = -1;
  {
    const std::lock_guard turn(read_turn_);
    while (accepted < 0) {
      if (!wait(io_direction::read, error)) {
        return nullptr;
      }
      int number = 0;
      accepted = platform::accept_socket(descriptor_, number);
      if (platform::is_would_block(number)) {
        continue;
      }
      source_.put_back(io_direction::read);
      if (accepted < 0 && !platform::is_aborted_connection(number)) {
        error.assign(number, std::system_category());
        return nullptr;
      }
    }
  }
  socket* s = adopt(accepted, kind_, error);
  if (s != nullptr) {
    s->learn_addresses(nullptr);
  }
  return s;
}

void socket::finish_connect(std::error_code& error) noexcept {
  const call self(*this, error);
  if (!self) {
    return;
  }
  while (wait(io_direction::write, error)) {
    const int number = platform::pending_error(descriptor_);
    if (number != 0 && !platform::is_in_progress(number)) {
      error.assign(number, std::system_category());
      return;
    }
    if (number == 0 && platform::is_connected(descriptor_)) {
      source_.put_back(io_direction::write);
      return;
    }
  }
}

void socket::shut_down(bool read, bool write, std::error_code& error) noexcept {
  with_descriptor([&](int s) { return platform::shutdown_socket(s, read, write); }, error);
}

void socket::set_deadline(bool read, bool write, base::nanoseconds when, std::error_code& error) noexcept {
  const call self(*this, error);
  if (!self) {
    return;
  }
  if (read) {
    source_.set_deadline(io_direction::read, when);
  }
  if (write) {
    source_.set_deadline(io_direction::write, when);
  }
}

void socket::learn_addresses(const endpoint* remote) noexcept {
  platform::address_storage storage;
  local_ = from_platform(platform::local_address(descriptor_, storage), kind_);
  remote_ = remote != nullptr ? *remote : from_platform(platform::remote_address(descriptor_, storage), kind_);
}

}  // namespace goro::net::detail
