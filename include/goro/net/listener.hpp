// Listening for connections.
#pragma once

#include <string_view>
#include <system_error>

#include "goro/net/conn.hpp"

namespace goro::net {

// A shared handle, see socket_handle. Go: net.Listener.
class listener : public socket_handle {
 public:
  listener() noexcept = default;

  // Waits for the next connection. Fails with errc::closed when the listener is closed meanwhile, errc::timeout past
  // the deadline, and with the system's error when it has no descriptor left (too_many_files_open): that one is worth
  // another try later.
  conn accept() const;
  conn accept(std::error_code& error) const noexcept;

  // A Unix listener removes the path it made when it is closed; not if this is set to false. Go:
  // UnixListener.SetUnlinkOnClose.
  void set_unlink_on_close(bool unlink) const noexcept;

 private:
  friend class detail::socket;
  using socket_handle::socket_handle;
};

struct listen_options {
  int backlog = 0;          // connections that wait for accept(); 0: as many as the system allows (net.core.somaxconn)
  bool reuse_port = false;  // several listeners on the same port share the connections (SO_REUSEPORT)
};

// Listens on an address of "tcp", "tcp4", "tcp6" or "unix": "127.0.0.1:8080", "[::1]:http", ":8080" (every address of
// this machine; for "tcp" IPv4 and IPv6 at once where the machine has both), "localhost:0" (port 0: any free one, see
// local()), "/run/my.socket". May wait for the look-up of a name. Throws std::system_error. Go: net.Listen.
listener listen(std::string_view network, std::string_view address, const listen_options& options = {});
listener listen(std::string_view network, std::string_view address, std::error_code& error);
listener listen(std::string_view network, std::string_view address, const listen_options& options,
                std::error_code& error);

}  // namespace goro::net
