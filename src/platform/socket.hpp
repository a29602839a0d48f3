// What goro's net layer asks of the system's sockets. All descriptors are non-blocking and closed on exec. Calls are
// repeated when a signal interrupts them; error numbers are the system's (errno), 0 for none. No call raises SIGPIPE.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace goro::platform {

enum class socket_family : std::uint8_t { none, ip4, ip6, unix_path };
enum class socket_kind : std::uint8_t { stream, datagram };

// An address as the system takes it, and as others read it.
struct socket_address {
  socket_family family = socket_family::none;
  std::uint16_t port = 0;
  std::uint32_t scope = 0;      // of ip6
  std::uint8_t bytes[16] = {};  // of ip4: the first four
  std::string_view path;  // of unix_path. Given: a leading '@' makes it abstract. Told: then it begins with a zero byte
};

struct io_result {
  std::size_t count;
  int error;
};

// Whether an error says "not now": EAGAIN.
bool is_would_block(int error) noexcept;
bool is_in_progress(int error) noexcept;  // connect goes on in the background
bool is_out_of_descriptors(int error) noexcept;
bool is_aborted_connection(int error) noexcept;  // accept: the peer has gone already

// -1 with the error.
int open_socket(socket_family family, socket_kind kind, int& error) noexcept;
void close_socket(int descriptor) noexcept;

// IPv6 sockets that take IPv4 too, or do not.
int set_only_ip6(int s, bool on) noexcept;
int set_reuse_address(int s) noexcept;
int set_reuse_port(int s) noexcept;
int set_broadcast(int s) noexcept;
int set_no_delay(int s, bool on) noexcept;
int set_keep_alive(int s, bool on) noexcept;
int set_keep_alive_period(int s, int idle_seconds, int interval_seconds, int probes) noexcept;
int set_linger(int s, int seconds) noexcept;  // below 0: off
int set_read_buffer(int s, int size) noexcept;
int set_write_buffer(int s, int size) noexcept;

int bind_socket(int s, const socket_address& to) noexcept;
int listen_socket(int s, int backlog) noexcept;  // 0: the system's maximum
int connect_socket(int s, const socket_address& to) noexcept;
int pending_error(int s) noexcept;  // SO_ERROR, taken
// Is it connected? (A connect that was reported ready may not be; and to itself: a TCP socket may meet itself.)
bool is_connected(int s) noexcept;
int shutdown_socket(int s, bool read, bool write) noexcept;
// -1 with the error.
int accept_socket(int s, int& error) noexcept;

// `path` of what is returned points into `storage`.
struct address_storage {
  alignas(8) std::byte bytes[128];
};
socket_address local_address(int s, address_storage& storage) noexcept;
socket_address remote_address(int s, address_storage& storage) noexcept;

io_result receive(int s, std::span<std::byte> to) noexcept;
// As receive(), without taking what is returned.
io_result peek(int s, std::span<std::byte> to) noexcept;
io_result receive_from(int s, std::span<std::byte> to, socket_address& from, address_storage& storage) noexcept;
io_result send(int s, std::span<const std::byte> from) noexcept;
io_result send_to(int s, std::span<const std::byte> from, const socket_address& to) noexcept;
// The first pieces of many: returns what was written, maybe of a part only.
io_result send_pieces(int s, std::span<const std::span<const std::byte>> from) noexcept;
io_result send_file(int s, int file, std::uint64_t offset, std::size_t count) noexcept;

int remove_path(const char* path) noexcept;

// Does the machine have addresses of the family? (IPv6 may be switched off.)
bool supports_ip6() noexcept;
bool supports_ip4_on_ip6() noexcept;
// The number of an interface, by name or number; 0: there is none. And its name; empty: none.
std::uint32_t interface_number(const std::string& name) noexcept;
std::string interface_name(std::uint32_t number);

// Names. Blocks the thread. --------------------------------------------------------------------------------------
enum class resolve_status : std::uint8_t { found, no_such_host, temporary, failed, system_error };
struct resolved {
  resolve_status status;
  int error = 0;  // of system_error
  std::vector<socket_address> addresses;
};
resolved resolve_host(const std::string& host, socket_family family);
// The port of a service for "tcp" or "udp"; -1: unknown.
int resolve_service(const std::string& service, const char* protocol);

}  // namespace goro::platform
