// getaddrinfo blocks its thread, cannot be interrupted, and may take half a minute. So it runs in a goroutine of its
// own, inside blocking(); no more than `most_at_once` do at a time, and those who want the same wait for the same one.
#include "net/lookup.hpp"

#include <algorithm>
#include <mutex>
#include <string>
#include <utility>

#include "goro/go.hpp"
#include "goro/select.hpp"
#include "goro/semaphore.hpp"
#include "goro/singleflight.hpp"
#include "net/socket.hpp"

namespace goro::net {
namespace detail {
namespace {

using answer = singleflight::result<platform::resolved>;

constexpr std::ptrdiff_t most_at_once = 64;

// Never destroyed: a look-up may outlast main().
struct lookups {
  singleflight group;
  semaphore places{most_at_once};
};
lookups& the_lookups() {
  static lookups& it = *new lookups;
  return it;
}

platform::socket_family family_of(endpoint::address_family f) noexcept {
  switch (f) {
    case endpoint::address_family::ip4:
      return platform::socket_family::ip4;
    case endpoint::address_family::ip6:
      return platform::socket_family::ip6;
    default:
      return platform::socket_family::none;
  }
}

std::error_code error_of(const platform::resolved& r) noexcept {
  switch (r.status) {
    case platform::resolve_status::found:
      return r.addresses.empty() ? make_error_code(resolve_errc::no_such_host) : std::error_code();
    case platform::resolve_status::no_such_host:
      return resolve_errc::no_such_host;
    case platform::resolve_status::temporary:
      return resolve_errc::temporary_failure;
    case platform::resolve_status::system_error:
      return {r.error, std::system_category()};
    case platform::resolve_status::failed:
      break;
  }
  return resolve_errc::failed;
}

recv_chan<answer> ask(const std::string& host, platform::socket_family family) {
  lookups& all = the_lookups();
  const std::string key = std::to_string(static_cast<int>(family)) + host;
  return all.group.do_chan(key, [&all, host, family] {
    all.places.acquire();
    platform::resolved r = blocking([&] { return platform::resolve_host(host, family); });
    all.places.release();
    return r;
  });
}

bool is_of(const endpoint& e, endpoint::address_family only) noexcept {
  return only == endpoint::address_family::none || e.family() == only;
}

}  // namespace

std::error_code error_of(const context& ctx) noexcept {
  const std::error_code error = ctx.err();
  return error == errc::deadline_exceeded ? make_error_code(errc::timeout) : error;
}

std::vector<endpoint> find_host(const context& ctx, std::string_view host, const network_name& network,
                                std::uint16_t port, std::error_code& error) {
  error.clear();
  if (const auto ip = parse_ip(host, network.kind)) {
    if (!is_of(*ip, network.only)) {
      error = resolve_errc::no_suitable_address;
      return {};
    }
    return {ip->with_port(port)};
  }
  if ((error = error_of(ctx))) {
    return {};
  }
  if (host.empty() || host.find('\0') != std::string_view::npos) {
    error = resolve_errc::no_such_host;
    return {};
  }
  std::optional<answer> got;
  select(recv_case(ask(std::string(host), family_of(network.only)), got), recv_case(ctx.done()));
  if (!got) {
    error = error_of(ctx);
    return {};
  }
  const platform::resolved& r = got->value();
  error = error_of(r);
  std::vector<endpoint> found;
  for (const platform::socket_address& a : r.addresses) {
    const endpoint e = from_platform(a, network.kind).with_port(port);
    if (is_of(e, network.only) && std::find(found.begin(), found.end(), e) == found.end()) {
      found.push_back(e);
    }
  }
  if (!error && found.empty()) {
    error = resolve_errc::no_suitable_address;
  }
  return found;
}

bool is_unspecified(const endpoint& e) noexcept {
  return std::all_of(e.bytes().begin(), e.bytes().end(), [](std::uint8_t b) { return b == 0; });
}

std::vector<endpoint> find_address(const context& ctx, std::string_view address, const network_name& network,
                                   std::error_code& error) {
  error.clear();
  if (!network.is_ip()) {
    return {endpoint::of_path(network.kind, std::string(address))};
  }
  const auto parts = split_host_port(address);
  if (!parts) {
    error = resolve_errc::bad_address;
    return {};
  }
  const int port = parse_port(parts->port, network.kind);
  if (port < 0) {
    error = resolve_errc::unknown_port;
    return {};
  }
  const auto number = static_cast<std::uint16_t>(port);
  if (!parts->host.empty()) {
    return find_host(ctx, parts->host, network, number, error);
  }
  const endpoint any = network.only == endpoint::address_family::ip6 ? endpoint::of_ip6(network.kind, {}, number)
                                                                     : endpoint::of_ip4(network.kind, {}, number);
  return {any};
}

}  // namespace detail

namespace {

class category final : public std::error_category {
 public:
  const char* name() const noexcept override { return "goro.net.resolve"; }

  std::string message(int value) const override {
    switch (static_cast<resolve_errc>(value)) {
      case resolve_errc::no_such_host:
        return "no such host";
      case resolve_errc::temporary_failure:
        return "temporary failure in name resolution";
      case resolve_errc::failed:
        return "name resolution failed";
      case resolve_errc::unknown_port:
        return "unknown port";
      case resolve_errc::bad_address:
        return "address is not of the form host:port";
      case resolve_errc::unknown_network:
        return "unknown network";
      case resolve_errc::no_suitable_address:
        return "no suitable address found";
    }
    return "unknown error of name resolution";
  }
};

// Never destroyed: error codes outlive the destructors of static objects.
union immortal {
  category it;
  constexpr immortal() noexcept : it() {}
  ~immortal() {}
};
constinit const immortal the_category;

std::optional<detail::network_name> parse_ip_network(std::string_view name) noexcept {
  using family = endpoint::address_family;
  if (name == "ip") {
    return detail::network_name{endpoint::kind::none, family::none};
  }
  if (name == "ip4") {
    return detail::network_name{endpoint::kind::none, family::ip4};
  }
  if (name == "ip6") {
    return detail::network_name{endpoint::kind::none, family::ip6};
  }
  return std::nullopt;
}

}  // namespace

const std::error_category& resolve_category() noexcept { return the_category.it; }
std::error_code make_error_code(resolve_errc e) noexcept { return {static_cast<int>(e), resolve_category()}; }

std::vector<endpoint> lookup_host(const context& ctx, std::string_view host, std::string_view network,
                                  std::error_code& error) {
  const auto wanted = parse_ip_network(network);
  if (!wanted) {
    error = resolve_errc::unknown_network;
    return {};
  }
  return detail::find_host(ctx, host, *wanted, 0, error);
}

std::vector<endpoint> lookup_host(const context& ctx, std::string_view host, std::error_code& error) {
  return lookup_host(ctx, host, "ip", error);
}

std::vector<endpoint> lookup_host(const context& ctx, std::string_view host, std::string_view network) {
  std::error_code error;
  std::vector<endpoint> found = lookup_host(ctx, host, network, error);
  if (error) {
    detail::raise("lookup", {}, host, error);
  }
  return found;
}

endpoint resolve(std::string_view network, std::string_view address, std::error_code& error) {
  const auto name = detail::parse_network(network);
  if (!name) {
    error = resolve_errc::unknown_network;
    return {};
  }
  const std::vector<endpoint> found = detail::find_address(background(), address, *name, error);
  return found.empty() ? endpoint() : found.front();
}

endpoint resolve(std::string_view network, std::string_view address) {
  std::error_code error;
  endpoint e = resolve(network, address, error);
  if (error) {
    detail::raise("resolve", network, address, error);
  }
  return e;
}

}  // namespace goro::net
