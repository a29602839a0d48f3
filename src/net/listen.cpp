// Sockets that are bound to an address of this machine: listeners, and for datagrams.
#include <algorithm>
#include <vector>

#include "net/lookup.hpp"
#include "net/socket.hpp"

namespace goro::net {
namespace {

using detail::network_name;
using detail::socket;
using family = endpoint::address_family;

// Go: net.DefaultKeepAliveConfig.
constexpr int keep_alive_seconds = 15;
constexpr int keep_alive_probes = 9;

std::error_code system_error(int number) noexcept { return {number, std::system_category()}; }

// Which of a name's addresses to listen on: the first of IPv4 if there is one, as Go.
const endpoint& favorite(const std::vector<endpoint>& found) {
  const auto ip4 = std::find_if(found.begin(), found.end(), [](const endpoint& e) { return e.is_ip4(); });
  return ip4 != found.end() ? *ip4 : found.front();
}

// Where to bind to, and whether for IPv6 alone. No particular address means both families where the machine can do that
// with one socket.
struct place {
  endpoint where;
  bool only_ip6 = false;
};
place place_for(const endpoint& wanted, const network_name& network) {
  place p{wanted};
  if (wanted.family() != family::path && detail::is_unspecified(wanted) && network.only == family::none &&
      platform::supports_ip4_on_ip6()) {
    p.where = endpoint::of_ip6(network.kind, {}, wanted.port());
  } else {
    p.only_ip6 = network.only == family::ip6;
  }
  return p;
}

int prepare(int s, const place& p, const network_name& network, const listen_options& options) noexcept {
  if (p.where.is_ip6()) {
    platform::set_only_ip6(s, p.only_ip6);
  }
  const bool is_tcp = network.kind == endpoint::kind::tcp;
  if (is_tcp) {
    // What is accepted inherits these.
    platform::set_no_delay(s, true);
    platform::set_keep_alive(s, true);
    platform::set_keep_alive_period(s, keep_alive_seconds, keep_alive_seconds, keep_alive_probes);
    if (const int error = platform::set_reuse_address(s)) {
      return error;
    }
  } else if (network.kind == endpoint::kind::udp) {
    platform::set_broadcast(s);
  }
  if (options.reuse_port) {
    if (const int error = platform::set_reuse_port(s)) {
      return error;
    }
  }
  if (const int error = platform::bind_socket(s, detail::to_platform(p.where))) {
    return error;
  }
  return detail::socket_kind_of(network.kind) == platform::socket_kind::stream
             ? platform::listen_socket(s, options.backlog)
             : 0;
}

platform::socket_family family_of(const endpoint& e) noexcept { return detail::to_platform(e).family; }

// Null with the error.
socket* open_bound(std::string_view network, std::string_view address, bool datagrams, const listen_options& options,
                   std::error_code& error) {
  const auto name = detail::parse_network(network);
  if (!name || datagrams != (detail::socket_kind_of(name->kind) == platform::socket_kind::datagram)) {
    error = resolve_errc::unknown_network;
    return nullptr;
  }
  const std::vector<endpoint> found = detail::find_address(background(), address, *name, error);
  if (error) {
    return nullptr;
  }
  const place p = place_for(favorite(found), *name);
  int number = 0;
  const int s = platform::open_socket(family_of(p.where), detail::socket_kind_of(name->kind), number);
  if (s >= 0) {
    number = prepare(s, p, *name, options);
  }
  if (number != 0) {
    error = system_error(number);
    if (s >= 0) {
      platform::close_socket(s);
    }
    return nullptr;
  }
  socket* opened = socket::adopt(s, name->kind, error);
  if (opened != nullptr) {
    const endpoint nobody;
    opened->learn_addresses(&nobody);
    opened->set_unlink_on_close(name->kind == endpoint::kind::unix_stream);
  }
  return opened;
}

[[noreturn]] void raise_listen(std::string_view network, std::string_view address, std::error_code error) {
  const std::string text = std::string(address) + (error.category() == std::system_category() ? ": bind" : "");
  detail::raise("listen", network, text, error);
}

}  // namespace

listener listen(std::string_view network, std::string_view address, const listen_options& options,
                std::error_code& error) {
  return socket::make_handle<listener>(open_bound(network, address, false, options, error));
}

listener listen(std::string_view network, std::string_view address, std::error_code& error) {
  return listen(network, address, {}, error);
}

listener listen(std::string_view network, std::string_view address, const listen_options& options) {
  std::error_code error;
  listener l = listen(network, address, options, error);
  if (error) {
    raise_listen(network, address, error);
  }
  return l;
}

packet_conn listen_packet(std::string_view network, std::string_view address, std::error_code& error) {
  return socket::make_handle<packet_conn>(open_bound(network, address, true, {}, error));
}

packet_conn listen_packet(std::string_view network, std::string_view address) {
  std::error_code error;
  packet_conn c = listen_packet(network, address, error);
  if (error) {
    raise_listen(network, address, error);
  }
  return c;
}

}  // namespace goro::net
