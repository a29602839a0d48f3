// From text to endpoints.
#pragma once

#include <string_view>
#include <system_error>
#include <vector>

#include "goro/context.hpp"
#include "goro/net/endpoint.hpp"
#include "goro/net/lookup.hpp"
#include "net/address.hpp"

namespace goro::net::detail {

// The addresses of a host, of the kind and family of `network`, with `port`. Blocks for a name.
std::vector<endpoint> find_host(const context& ctx, std::string_view host, const network_name& network,
                                std::uint16_t port, std::error_code& error);

// What an address stands for: one path, or the addresses of a host. An empty host, or one of zeros alone, gives one
// address of zeros (of no family when the network leaves it open and the host does).
std::vector<endpoint> find_address(const context& ctx, std::string_view address, const network_name& network,
                                   std::error_code& error);

// Does it name no particular address of this machine?
bool is_unspecified(const endpoint& e) noexcept;

// The end of a context as the net calls report it: errc::timeout or errc::canceled.
std::error_code error_of(const context& ctx) noexcept;

}  // namespace goro::net::detail
