// dial() once the addresses are known.
#pragma once

#include <vector>

#include "goro/context.hpp"
#include "goro/net/dial.hpp"

namespace goro::net::detail {

using addresses = std::vector<endpoint>;

struct attempt {
  conn connection{};
  std::error_code error{};
  bool fallback = false;  // by an address of the other family than the first one's
};

// The first connection to one of them; if there is none, the error of the first address.
attempt dial_addresses(const context& ctx, const addresses& to, const dial_options& options);

}  // namespace goro::net::detail
