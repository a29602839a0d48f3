// The public handles: each call as it stands, and in the form that throws.
#include <string>

#include "base/clock.hpp"
#include "net/socket.hpp"

namespace goro::net {

using detail::checked;
using detail::raise_if;
using detail::socket;

namespace detail {
namespace {

base::nanoseconds deadline_of(time_point when) noexcept {
  const std::int64_t ns = goro::detail::deadline_at(when);
  return ns == 0 ? base::never : ns;
}

const endpoint nowhere;

}  // namespace

void raise(const char* operation, std::string_view network, std::string_view address, std::error_code error) {
  std::string text = operation;
  for (const std::string_view part : {network, address}) {
    if (!part.empty()) {
      text += ' ';
      text += part;
    }
  }
  throw std::system_error(error, text);
}

void raise(const char* operation, const socket_handle& h, std::error_code error) {
  const socket* s = socket::of(h);
  if (s == nullptr) {
    raise(operation, {}, {}, error);
  }
  std::string address = s->local().to_string();
  if (s->remote()) {
    address += "->" + s->remote().to_string();
  }
  raise(operation, s->local().network(), address, error);
}

}  // namespace detail

// socket_handle ---------------------------------------------------------------------------------------------------
socket_handle::socket_handle(const socket_handle& other) noexcept : socket_(other.socket_) {
  if (socket_ != nullptr) {
    socket_->retain();
  }
}

socket_handle::~socket_handle() {
  if (socket_ != nullptr) {
    socket_->release();
  }
}

void socket_handle::close() const noexcept {
  std::error_code ignored;
  close(ignored);
}

void socket_handle::close(std::error_code& error) const noexcept {
  if (socket* s = checked(*this, error)) {
    s->close(error);
  }
}

const endpoint& socket_handle::local() const noexcept {
  return socket_ != nullptr ? socket_->local() : detail::nowhere;
}

void socket_handle::set_deadline_of(which directions, time_point when, std::error_code& error) const noexcept {
  if (socket* s = checked(*this, error)) {
    const auto bits = static_cast<unsigned>(directions);
    s->set_deadline((bits & 1U) != 0, (bits & 2U) != 0, detail::deadline_of(when), error);
  }
}

void socket_handle::set_deadline(time_point when, std::error_code& error) const noexcept {
  set_deadline_of(which::both, when, error);
}

void socket_handle::set_deadline(time_point when) const {
  std::error_code error;
  set_deadline(when, error);
  raise_if(error, "set", *this);
}

int socket_handle::native_handle() const noexcept { return socket_ != nullptr ? socket_->descriptor() : -1; }

// conn --------------------------------------------------------------------------------------------------------------
std::size_t conn::read(std::span<std::byte> to, std::error_code& error) const noexcept {
  socket* s = checked(*this, error);
  return s != nullptr ? s->read(to, error) : 0;
}

std::size_t conn::read(std::span<std::byte> to) const {
  std::error_code error;
  const std::size_t n = read(to, error);
  raise_if(error, "read", *this);
  return n;
}

std::size_t conn::read_full(std::span<std::byte> to, std::error_code& error) const noexcept {
  std::size_t done = 0;
  error.clear();
  while (done < to.size()) {
    const std::size_t n = read(to.subspan(done), error);
    if (n == 0) {
      break;
    }
    done += n;
  }
  return done;
}

std::size_t conn::read_full(std::span<std::byte> to) const {
  std::error_code error;
  const std::size_t n = read_full(to, error);
  raise_if(error, "read", *this);
  return n;
}

std::size_t conn::write(buffer from, std::error_code& error) const noexcept {
  socket* s = checked(*this, error);
  return s != nullptr ? s->write(from, error) : 0;
}

void conn::write(buffer from) const {
  std::error_code error;
  write(from, error);
  raise_if(error, "write", *this);
}

std::size_t conn::write_buffers(std::span<const buffer> from, std::error_code& error) const noexcept {
  socket* s = checked(*this, error);
  return s != nullptr ? s->write_buffers(from, error) : 0;
}

void conn::write_buffers(std::span<const buffer> from) const {
  std::error_code error;
  write_buffers(from, error);
  raise_if(error, "writev", *this);
}

std::uint64_t conn::send_file(int file, std::uint64_t offset, std::uint64_t count,
                              std::error_code& error) const noexcept {
  socket* s = checked(*this, error);
  return s != nullptr ? s->send_file(file, offset, count, error) : 0;
}

std::uint64_t conn::send_file(int file, std::uint64_t offset, std::uint64_t count) const {
  std::error_code error;
  const std::uint64_t n = send_file(file, offset, count, error);
  raise_if(error, "sendfile", *this);
  return n;
}

void conn::close_write(std::error_code& error) const noexcept {
  if (socket* s = checked(*this, error)) {
    s->shut_down(false, true, error);
  }
}

void conn::close_write() const {
  std::error_code error;
  close_write(error);
  raise_if(error, "close", *this);
}

void conn::close_read(std::error_code& error) const noexcept {
  if (socket* s = checked(*this, error)) {
    s->shut_down(true, false, error);
  }
}

void conn::close_read() const {
  std::error_code error;
  close_read(error);
  raise_if(error, "close", *this);
}

void conn::set_read_deadline(time_point when, std::error_code& error) const noexcept {
  set_deadline_of(which::read, when, error);
}

void conn::set_read_deadline(time_point when) const {
  std::error_code error;
  set_read_deadline(when, error);
  raise_if(error, "set", *this);
}

void conn::set_write_deadline(time_point when, std::error_code& error) const noexcept {
  set_deadline_of(which::write, when, error);
}

void conn::set_write_deadline(time_point when) const {
  std::error_code error;
  set_write_deadline(when, error);
  raise_if(error, "set", *this);
}

const endpoint& conn::remote() const noexcept { return socket_ != nullptr ? socket_->remote() : detail::nowhere; }

namespace {

template <class F>
void set_option(const socket_handle& h, std::error_code& error, F f) noexcept {
  if (socket* s = checked(h, error)) {
    s->with_descriptor(f, error);
  }
}

template <class F>
void set_option_or_throw(const socket_handle& h, F f) {
  std::error_code error;
  set_option(h, error, f);
  raise_if(error, "set", h);
}

}  // namespace

void conn::set_no_delay(bool on, std::error_code& error) const noexcept {
  set_option(*this, error, [on](int s) { return platform::set_no_delay(s, on); });
}
void conn::set_no_delay(bool on) const {
  set_option_or_throw(*this, [on](int s) { return platform::set_no_delay(s, on); });
}
void conn::set_keep_alive(bool on, std::error_code& error) const noexcept {
  set_option(*this, error, [on](int s) { return platform::set_keep_alive(s, on); });
}
void conn::set_keep_alive(bool on) const {
  set_option_or_throw(*this, [on](int s) { return platform::set_keep_alive(s, on); });
}
void conn::set_linger(int seconds, std::error_code& error) const noexcept {
  set_option(*this, error, [seconds](int s) { return platform::set_linger(s, seconds); });
}
void conn::set_linger(int seconds) const {
  set_option_or_throw(*this, [seconds](int s) { return platform::set_linger(s, seconds); });
}
void conn::set_read_buffer(int size, std::error_code& error) const noexcept {
  set_option(*this, error, [size](int s) { return platform::set_read_buffer(s, size); });
}
void conn::set_read_buffer(int size) const {
  set_option_or_throw(*this, [size](int s) { return platform::set_read_buffer(s, size); });
}
void conn::set_write_buffer(int size, std::error_code& error) const noexcept {
  set_option(*this, error, [size](int s) { return platform::set_write_buffer(s, size); });
}
void conn::set_write_buffer(int size) const {
  set_option_or_throw(*this, [size](int s) { return platform::set_write_buffer(s, size); });
}

// listener ----------------------------------------------------------------------------------------------------------
conn listener::accept(std::error_code& error) const noexcept {
  socket* s = checked(*this, error);
  return socket::make_handle<conn>(s != nullptr ? s->accept(error) : nullptr);
}

conn listener::accept() const {
  std::error_code error;
  conn c = accept(error);
  raise_if(error, "accept", *this);
  return c;
}

void listener::set_unlink_on_close(bool unlink) const noexcept {
  if (socket_ != nullptr) {
    socket_->set_unlink_on_close(unlink);
  }
}

// packet_conn -------------------------------------------------------------------------------------------------------
std::size_t packet_conn::read_from(std::span<std::byte> to, endpoint& from, std::error_code& error) const noexcept {
  socket* s = checked(*this, error);
  return s != nullptr ? s->read_from(to, from, error) : 0;
}

std::size_t packet_conn::read_from(std::span<std::byte> to, endpoint& from) const {
  std::error_code error;
  const std::size_t n = read_from(to, from, error);
  raise_if(error, "read", *this);
  return n;
}

void packet_conn::write_to(std::span<const std::byte> from, const endpoint& to, std::error_code& error) const noexcept {
  if (socket* s = checked(*this, error)) {
    s->write_to(from, to, error);
  }
}

void packet_conn::write_to(std::span<const std::byte> from, const endpoint& to) const {
  std::error_code error;
  write_to(from, to, error);
  raise_if(error, "write", *this);
}

void packet_conn::set_read_deadline(time_point when, std::error_code& error) const noexcept {
  set_deadline_of(which::read, when, error);
}
void packet_conn::set_read_deadline(time_point when) const {
  std::error_code error;
  set_read_deadline(when, error);
  raise_if(error, "set", *this);
}
void packet_conn::set_write_deadline(time_point when, std::error_code& error) const noexcept {
  set_deadline_of(which::write, when, error);
}
void packet_conn::set_write_deadline(time_point when) const {
  std::error_code error;
  set_write_deadline(when, error);
  raise_if(error, "set", *this);
}

}  // namespace goro::net
