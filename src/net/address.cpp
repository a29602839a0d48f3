#include "net/address.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

#include "platform/socket.hpp"

namespace goro::net::detail {
namespace {

using bytes_of_ip4 = std::array<std::uint8_t, 4>;
using bytes_of_ip6 = std::array<std::uint8_t, 16>;

// Digits only, no more than `most` of them, nothing else around; a leading zero only by itself (010 might mean eight).
std::optional<unsigned> parse_decimal(std::string_view text, std::size_t most) noexcept {
  if (text.empty() || text.size() > most || (text.size() > 1 && text.front() == '0')) {
    return std::nullopt;
  }
  unsigned value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') {
      return std::nullopt;
    }
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  return value;
}

std::optional<bytes_of_ip4> parse_ip4(std::string_view text) noexcept {
  bytes_of_ip4 bytes;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const std::size_t end = i + 1 < bytes.size() ? text.find('.') : text.size();
    if (end == std::string_view::npos) {
      return std::nullopt;
    }
    const auto value = parse_decimal(text.substr(0, end), 3);
    if (!value || *value > 255) {
      return std::nullopt;
    }
    bytes[i] = static_cast<std::uint8_t>(*value);
    text.remove_prefix(end == text.size() ? end : end + 1);
  }
  return bytes;
}

std::optional<unsigned> parse_hex(std::string_view text) noexcept {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (text.empty() || text.size() > 4 || error != std::errc{} || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return value;
}

// Groups of hex digits; one "::" for any number of zeros; the last four bytes may be written as IPv4.
std::optional<bytes_of_ip6> parse_ip6(std::string_view text) noexcept {
  bytes_of_ip6 bytes{};
  std::size_t filled = 0;
  std::optional<std::size_t> gap;
  if (text.starts_with("::")) {
    gap = 0;
    text.remove_prefix(2);
  }
  while (!text.empty()) {
    if (filled == 16) {
      return std::nullopt;
    }
    const std::size_t end = text.find(':');
    const std::string_view group = text.substr(0, end);
    if (end == std::string_view::npos && group.find('.') != std::string_view::npos) {
      const auto tail = parse_ip4(group);
      if (!tail || filled > 12) {
        return std::nullopt;
      }
      std::memcpy(bytes.data() + filled, tail->data(), 4);
      filled += 4;
      break;
    }
    const auto value = parse_hex(group);
    if (!value) {
      return std::nullopt;
    }
    bytes[filled++] = static_cast<std::uint8_t>(*value >> 8);
    bytes[filled++] = static_cast<std::uint8_t>(*value);
    if (end == std::string_view::npos) {
      break;
    }
    text.remove_prefix(end + 1);
    if (text.starts_with(':')) {
      if (gap) {
        return std::nullopt;
      }
      gap = filled;
      text.remove_prefix(1);
    } else if (text.empty()) {
      return std::nullopt;  // ends in a single colon
    }
  }
  if (!gap) {
    return filled == 16 ? std::optional(bytes) : std::nullopt;
  }
  if (filled == 16) {
    return std::nullopt;  // "::" stands for at least one group
  }
  const std::size_t tail = filled - *gap;
  std::memmove(bytes.data() + 16 - tail, bytes.data() + *gap, tail);
  std::memset(bytes.data() + *gap, 0, 16 - filled);
  return bytes;
}

bool is_mapped_ip4(const bytes_of_ip6& bytes) noexcept {
  constexpr std::array<std::uint8_t, 12> prefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  return std::memcmp(bytes.data(), prefix.data(), prefix.size()) == 0;
}

}  // namespace

std::optional<network_name> parse_network(std::string_view name) noexcept {
  using kind = endpoint::kind;
  using family = endpoint::address_family;
  struct entry {
    std::string_view name;
    network_name meaning;
  };
  static constexpr entry known[] = {
      {"tcp", {kind::tcp, family::none}},          {"tcp4", {kind::tcp, family::ip4}},
      {"tcp6", {kind::tcp, family::ip6}},          {"udp", {kind::udp, family::none}},
      {"udp4", {kind::udp, family::ip4}},          {"udp6", {kind::udp, family::ip6}},
      {"unix", {kind::unix_stream, family::path}}, {"unixgram", {kind::unix_datagram, family::path}},
  };
  for (const entry& e : known) {
    if (e.name == name) {
      return e.meaning;
    }
  }
  return std::nullopt;
}

std::optional<host_and_port> split_host_port(std::string_view address) noexcept {
  const std::size_t colon = address.rfind(':');
  if (colon == std::string_view::npos) {
    return std::nullopt;
  }
  std::string_view host = address.substr(0, colon);
  const std::string_view port = address.substr(colon + 1);
  if (host.starts_with('[')) {
    if (!host.ends_with(']')) {
      return std::nullopt;
    }
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return std::nullopt;  // IPv6 without brackets
  }
  if (host.find_first_of("[]") != std::string_view::npos || port.find_first_of("[]") != std::string_view::npos) {
    return std::nullopt;
  }
  return host_and_port{host, port};
}

std::optional<endpoint> parse_ip(std::string_view text, endpoint::kind kind) {
  if (const auto ip4 = parse_ip4(text)) {
    return endpoint::of_ip4(kind, *ip4, 0);
  }
  std::uint32_t scope = 0;
  if (const std::size_t percent = text.find('%'); percent != std::string_view::npos) {
    scope = platform::interface_number(std::string(text.substr(percent + 1)));
    if (scope == 0) {
      return std::nullopt;
    }
    text = text.substr(0, percent);
  }
  const auto ip6 = parse_ip6(text);
  if (!ip6) {
    return std::nullopt;
  }
  if (is_mapped_ip4(*ip6) && scope == 0) {
    return endpoint::of_ip4(kind, {(*ip6)[12], (*ip6)[13], (*ip6)[14], (*ip6)[15]}, 0);
  }
  return endpoint::of_ip6(kind, *ip6, 0, scope);
}

int parse_port(std::string_view text, endpoint::kind kind) {
  if (text.empty()) {
    return 0;
  }
  bool digits = true;
  unsigned value = 0;
  for (const char c : text) {
    digits = digits && c >= '0' && c <= '9';
    value = digits && value <= 0xffff ? value * 10 + static_cast<unsigned>(c - '0') : value;
  }
  if (digits) {
    return value <= 0xffff ? static_cast<int>(value) : -1;
  }
  const bool has_letter =
      std::any_of(text.begin(), text.end(), [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); });
  if (!has_letter) {
    return -1;  // getaddrinfo would take "+1" for a number
  }
  return platform::resolve_service(std::string(text), kind == endpoint::kind::udp ? "udp" : "tcp");
}

std::string format_ip4(const std::uint8_t* bytes) {
  std::string text;
  for (int i = 0; i < 4; ++i) {
    text += (i != 0 ? "." : "") + std::to_string(bytes[i]);
  }
  return text;
}

std::string format_ip6(const std::uint8_t* bytes) {
  unsigned groups[8];
  for (std::size_t i = 0; i < 8; ++i) {
    groups[i] = static_cast<unsigned>(bytes[2 * i]) << 8 | bytes[2 * i + 1];
  }
  int best = -1, best_length = 1;  // the first of the longest runs of zeros, of two groups at least
  for (int i = 0; i < 8; ++i) {
    int length = 0;
    while (i + length < 8 && groups[i + length] == 0) {
      ++length;
    }
    if (length > best_length) {
      best = i;
      best_length = length;
    }
  }
  std::string text;
  for (int i = 0; i < 8; ++i) {
    if (i == best) {
      text += "::";
      i += best_length - 1;
      continue;
    }
    if (!text.empty() && text.back() != ':') {
      text += ':';
    }
    char digits[4];
    const auto end = std::to_chars(digits, digits + 4, groups[i], 16).ptr;
    text.append(digits, end);
  }
  return text;
}

}  // namespace goro::net::detail
