#include "platform/socket.hpp"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>

namespace goro::platform {
namespace {

// Repeats what a signal interrupted.
template <class F>
auto uninterrupted(F f) noexcept {
  for (;;) {
    const auto result = f();
    if (result >= 0 || errno != EINTR) {
      return result;
    }
  }
}

int error_of(int result) noexcept { return result < 0 ? errno : 0; }

io_result as_result(ssize_t n) noexcept {
  return n < 0 ? io_result{0, errno} : io_result{static_cast<std::size_t>(n), 0};
}

union any_address {
  sockaddr generic;
  sockaddr_in ip4;
  sockaddr_in6 ip6;
  sockaddr_un path;
  sockaddr_storage storage;
};
static_assert(sizeof(any_address) <= sizeof(address_storage));

// 0: the address has no form in the system (a path that is too long).
socklen_t to_system(const socket_address& a, any_address& out) noexcept {
  std::memset(&out, 0, sizeof out);
  switch (a.family) {
    case socket_family::ip4:
      out.ip4.sin_family = AF_INET;
      out.ip4.sin_port = htons(a.port);
      std::memcpy(&out.ip4.sin_addr, a.bytes, 4);
      return sizeof out.ip4;
    case socket_family::ip6:
      out.ip6.sin6_family = AF_INET6;
      out.ip6.sin6_port = htons(a.port);
      out.ip6.sin6_scope_id = a.scope;
      std::memcpy(&out.ip6.sin6_addr, a.bytes, 16);
      return sizeof out.ip6;
    case socket_family::unix_path: {
      out.path.sun_family = AF_UNIX;
      const bool is_abstract = a.path.starts_with('@');
      if (a.path.size() + (is_abstract ? 0 : 1) > sizeof out.path.sun_path) {
        return 0;
      }
      std::memcpy(out.path.sun_path, a.path.data(), a.path.size());
      if (is_abstract) {
        out.path.sun_path[0] = '\0';
      }
      return static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + a.path.size() +
                                    (is_abstract || a.path.empty() ? 0 : 1));
    }
    case socket_family::none:
      break;
  }
  return 0;
}

socket_address from_system(const sockaddr* raw, socklen_t length) noexcept {
  socket_address a;
  if (length < sizeof(sa_family_t)) {
    return a;
  }
  if (raw->sa_family == AF_INET) {
    const auto* ip4 = reinterpret_cast<const sockaddr_in*>(raw);
    a.family = socket_family::ip4;
    a.port = ntohs(ip4->sin_port);
    std::memcpy(a.bytes, &ip4->sin_addr, 4);
  } else if (raw->sa_family == AF_INET6) {
    const auto* ip6 = reinterpret_cast<const sockaddr_in6*>(raw);
    a.port = ntohs(ip6->sin6_port);
    if (IN6_IS_ADDR_V4MAPPED(&ip6->sin6_addr)) {  // of a socket for both: as IPv4, like Go
      a.family = socket_family::ip4;
      std::memcpy(a.bytes, ip6->sin6_addr.s6_addr + 12, 4);
    } else {
      a.family = socket_family::ip6;
      a.scope = ip6->sin6_scope_id;
      std::memcpy(a.bytes, &ip6->sin6_addr, 16);
    }
  } else if (raw->sa_family == AF_UNIX) {
    const auto* path = reinterpret_cast<const sockaddr_un*>(raw);
    a.family = socket_family::unix_path;
    std::size_t size = length - offsetof(sockaddr_un, sun_path);
    if (size != 0 && path->sun_path[0] != '\0') {
      size = ::strnlen(path->sun_path, size);
    }
    a.path = {path->sun_path, size};
  }
  return a;
}

int set_option(int s, int level, int name, int value) noexcept {
  return error_of(::setsockopt(s, level, name, &value, sizeof value));
}

int domain_of(socket_family family) noexcept {
  switch (family) {
    case socket_family::ip4:
      return AF_INET;
    case socket_family::ip6:
      return AF_INET6;
    case socket_family::unix_path:
      return AF_UNIX;
    case socket_family::none:
      break;
  }
  return AF_UNSPEC;
}

int system_backlog() noexcept {
  static const int most = [] {
    int n = SOMAXCONN;
    if (std::FILE* f = std::fopen("/proc/sys/net/core/somaxconn", "re")) {
      if (std::fscanf(f, "%d", &n) != 1 || n <= 0) {
        n = SOMAXCONN;
      }
      std::fclose(f);
    }
    return n;
  }();
  return most;
}

}  // namespace

bool is_would_block(int error) noexcept { return error == EAGAIN; }
bool is_in_progress(int error) noexcept { return error == EINPROGRESS || error == EALREADY; }
bool is_out_of_descriptors(int error) noexcept { return error == EMFILE || error == ENFILE; }
bool is_aborted_connection(int error) noexcept { return error == ECONNABORTED; }

int open_socket(socket_family family, socket_kind kind, int& error) noexcept {
  const int type = kind == socket_kind::stream ? SOCK_STREAM : SOCK_DGRAM;
  const int s = ::socket(domain_of(family), type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  error = error_of(s);
  return s;
}

void close_socket(int descriptor) noexcept { ::close(descriptor); }

int set_only_ip6(int s, bool on) noexcept { return set_option(s, IPPROTO_IPV6, IPV6_V6ONLY, on ? 1 : 0); }
int set_reuse_address(int s) noexcept { return set_option(s, SOL_SOCKET, SO_REUSEADDR, 1); }
int set_reuse_port(int s) noexcept { return set_option(s, SOL_SOCKET, SO_REUSEPORT, 1); }
int set_broadcast(int s) noexcept { return set_option(s, SOL_SOCKET, SO_BROADCAST, 1); }
int set_no_delay(int s, bool on) noexcept { return set_option(s, IPPROTO_TCP, TCP_NODELAY, on ? 1 : 0); }
int set_keep_alive(int s, bool on) noexcept { return set_option(s, SOL_SOCKET, SO_KEEPALIVE, on ? 1 : 0); }
int set_read_buffer(int s, int size) noexcept { return set_option(s, SOL_SOCKET, SO_RCVBUF, size); }
int set_write_buffer(int s, int size) noexcept { return set_option(s, SOL_SOCKET, SO_SNDBUF, size); }

int set_keep_alive_period(int s, int idle_seconds, int interval_seconds, int probes) noexcept {
  if (const int error = set_option(s, IPPROTO_TCP, TCP_KEEPIDLE, idle_seconds)) {
    return error;
  }
  if (const int error = set_option(s, IPPROTO_TCP, TCP_KEEPINTVL, interval_seconds)) {
    return error;
  }
  return set_option(s, IPPROTO_TCP, TCP_KEEPCNT, probes);
}

int set_linger(int s, int seconds) noexcept {
  const linger value{seconds >= 0 ? 1 : 0, seconds >= 0 ? seconds : 0};
  return error_of(::setsockopt(s, SOL_SOCKET, SO_LINGER, &value, sizeof value));
}

int bind_socket(int s, const socket_address& to) noexcept {
  any_address raw;
  const socklen_t length = to_system(to, raw);
  return length == 0 ? EINVAL : error_of(::bind(s, &raw.generic, length));
}

int listen_socket(int s, int backlog) noexcept {
  return error_of(::listen(s, backlog > 0 ? backlog : system_backlog()));
}

int connect_socket(int s, const socket_address& to) noexcept {
  any_address raw;
  const socklen_t length = to_system(to, raw);
  if (length == 0) {
    return EINVAL;
  }
  if (::connect(s, &raw.generic, length) == 0 || errno == EISCONN) {
    return 0;
  }
  return errno == EINTR ? EINPROGRESS : errno;  // it goes on in the background, and must not be called again
}

int pending_error(int s) noexcept {
  int error = 0;
  socklen_t length = sizeof error;
  return ::getsockopt(s, SOL_SOCKET, SO_ERROR, &error, &length) == 0 ? error : errno;
}

bool is_connected(int s) noexcept {
  any_address raw;
  socklen_t length = sizeof raw;
  return ::getpeername(s, &raw.generic, &length) == 0;
}

int shutdown_socket(int s, bool read, bool write) noexcept {
  return error_of(::shutdown(s, read && write ? SHUT_RDWR : read ? SHUT_RD : SHUT_WR));
}

int accept_socket(int s, int& error) noexcept {
  const int accepted = uninterrupted([&] { return ::accept4(s, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC); });
  error = error_of(accepted);
  return accepted;
}

socket_address local_address(int s, address_storage& storage) noexcept {
  auto* raw = reinterpret_cast<sockaddr*>(storage.bytes);
  socklen_t length = sizeof storage;
  return ::getsockname(s, raw, &length) == 0 ? from_system(raw, length) : socket_address{};
}

socket_address remote_address(int s, address_storage& storage) noexcept {
  auto* raw = reinterpret_cast<sockaddr*>(storage.bytes);
  socklen_t length = sizeof storage;
  return ::getpeername(s, raw, &length) == 0 ? from_system(raw, length) : socket_address{};
}

io_result receive(int s, std::span<std::byte> to) noexcept {
  return as_result(uninterrupted([&] { return ::recv(s, to.data(), to.size(), 0); }));
}

io_result peek(int s, std::span<std::byte> to) noexcept {
  return as_result(uninterrupted([&] { return ::recv(s, to.data(), to.size(), MSG_PEEK | MSG_DONTWAIT); }));
}

io_result receive_from(int s, std::span<std::byte> to, socket_address& from, address_storage& storage) noexcept {
  auto* raw = reinterpret_cast<sockaddr*>(storage.bytes);
  socklen_t length = 0;
  const ssize_t n = uninterrupted([&] {
    length = sizeof storage;
    return ::recvfrom(s, to.data(), to.size(), 0, raw, &length);
  });
  const io_result result = as_result(n);
  if (result.error == 0) {
    from = from_system(raw, length);
  }
  return result;
}

io_result send(int s, std::span<const std::byte> from) noexcept {
  return as_result(uninterrupted([&] { return ::send(s, from.data(), from.size(), MSG_NOSIGNAL); }));
}

io_result send_to(int s, std::span<const std::byte> from, const socket_address& to) noexcept {
  any_address raw;
  const socklen_t length = to_system(to, raw);
  if (length == 0) {
    return {0, EINVAL};
  }
  return as_result(
      uninterrupted([&] { return ::sendto(s, from.data(), from.size(), MSG_NOSIGNAL, &raw.generic, length); }));
}

io_result send_pieces(int s, std::span<const std::span<const std::byte>> from) noexcept {
  constexpr std::size_t most = 64;
  iovec pieces[most];
  std::size_t count = 0;
  for (const auto& piece : from) {
    if (count == most) {
      break;
    }
    if (!piece.empty()) {
      pieces[count++] = {const_cast<std::byte*>(piece.data()), piece.size()};
    }
  }
  msghdr message{};
  message.msg_iov = pieces;
  message.msg_iovlen = count;
  return as_result(uninterrupted([&] { return ::sendmsg(s, &message, MSG_NOSIGNAL); }));
}

// sendfile has no MSG_NOSIGNAL. The signal of a broken pipe goes to the thread that wrote: it is held back, and taken
// before anybody sees it.
namespace {

class without_broken_pipe_signal {
 public:
  without_broken_pipe_signal() noexcept {
    ::sigemptyset(&pipe_);
    ::sigaddset(&pipe_, SIGPIPE);
    sigset_t pending;
    ::sigpending(&pending);
    was_pending_ = ::sigismember(&pending, SIGPIPE) == 1;
    ::pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  without_broken_pipe_signal(const without_broken_pipe_signal&) = delete;
  without_broken_pipe_signal& operator=(const without_broken_pipe_signal&) = delete;
  ~without_broken_pipe_signal() {
    if (was_blocked()) {
      return;
    }
    const int error = errno;
    if (error == EPIPE && !was_pending_) {
      const timespec at_once{0, 0};
      while (::sigtimedwait(&pipe_, nullptr, &at_once) < 0 && errno == EINTR) {
      }
    }
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    errno = error;
  }

 private:
  bool was_blocked() const noexcept { return ::sigismember(&before_, SIGPIPE) == 1; }

  sigset_t pipe_;
  sigset_t before_;
  bool was_pending_ = false;
};

}  // namespace

io_result send_file(int s, int file, std::uint64_t offset, std::size_t count) noexcept {
  auto position = static_cast<off_t>(offset);
  constexpr std::size_t most = std::size_t{1} << 30;
  const without_broken_pipe_signal quiet;
  return as_result(uninterrupted([&] { return ::sendfile(s, file, &position, std::min(count, most)); }));
}

int remove_path(const char* path) noexcept { return error_of(::unlink(path)); }

namespace {

bool can_bind_ip6(const char* address, bool only_ip6) noexcept {
  int error;
  const int s = open_socket(socket_family::ip6, socket_kind::stream, error);
  if (s < 0) {
    return false;
  }
  socket_address any;
  any.family = socket_family::ip6;
  ::inet_pton(AF_INET6, address, any.bytes);
  const bool can = set_only_ip6(s, only_ip6) == 0 && bind_socket(s, any) == 0;
  close_socket(s);
  return can;
}

}  // namespace

bool supports_ip6() noexcept {
  static const bool answer = can_bind_ip6("::1", true);
  return answer;
}

bool supports_ip4_on_ip6() noexcept {
  static const bool answer = can_bind_ip6("::ffff:127.0.0.1", false);
  return answer;
}

std::uint32_t interface_number(const std::string& name) noexcept {
  if (const unsigned n = ::if_nametoindex(name.c_str()); n != 0) {
    return n;
  }
  std::uint32_t n = 0;
  for (const char c : name) {
    if (c < '0' || c > '9' || n > 100'000'000) {
      return 0;
    }
    n = n * 10 + static_cast<std::uint32_t>(c - '0');
  }
  return n;
}

std::string interface_name(std::uint32_t number) {
  char name[IF_NAMESIZE];
  return ::if_indextoname(number, name) != nullptr ? std::string(name) : std::string();
}

}  // namespace goro::platform
