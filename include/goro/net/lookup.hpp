// Names of machines.
#pragma once

#include <string_view>
#include <system_error>
#include <vector>

#include "goro/context.hpp"
#include "goro/net/endpoint.hpp"

namespace goro::net {

// The addresses of a machine, in the system's order of preference, with port 0; `network` is "ip", "ip4" or "ip6". A
// numeric address is its own answer. Asks getaddrinfo on another goroutine's thread; those who ask the same at the same
// time share one answer. Blocks until it is there or ctx ends (then the answer is dropped when it comes). Throws
// std::system_error of category resolve_category(), or the context's error. Go: Resolver.LookupHost, LookupIP.
std::vector<endpoint> lookup_host(const context& ctx, std::string_view host, std::string_view network = "ip");
std::vector<endpoint> lookup_host(const context& ctx, std::string_view host, std::error_code& error);
std::vector<endpoint> lookup_host(const context& ctx, std::string_view host, std::string_view network,
                                  std::error_code& error);

// An address as dial() and listen() take it: what it stands for. Go: ResolveTCPAddr, ResolveUDPAddr, ResolveUnixAddr.
endpoint resolve(std::string_view network, std::string_view address);
endpoint resolve(std::string_view network, std::string_view address, std::error_code& error);

// What may be wrong with an address or a name. Go: net.DNSError, net.AddrError, net.UnknownNetworkError.
enum class resolve_errc {
  no_such_host = 1,         // Go: "no such host"
  temporary_failure = 2,    // the name server did not answer; worth another try
  failed = 3,               // the name server, or the system, refused
  unknown_port = 4,         // no service of that name
  bad_address = 5,          // not of the form host:port
  unknown_network = 6,      // none of those that the call takes
  no_suitable_address = 7,  // the name has addresses, but none of the network's family
};
const std::error_category& resolve_category() noexcept;
std::error_code make_error_code(resolve_errc e) noexcept;

}  // namespace goro::net

template <>
struct std::is_error_code_enum<goro::net::resolve_errc> : std::true_type {};
