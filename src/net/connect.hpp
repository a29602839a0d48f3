// One attempt to connect to one address.
#pragma once

#include "base/clock.hpp"
#include "goro/context.hpp"
#include "goro/net/dial.hpp"

namespace goro::net::detail {

// Blocks until it has succeeded or failed, `deadline` has passed (errc::timeout) or ctx has ended.
conn connect(const context& ctx, const endpoint& to, base::nanoseconds deadline, const dial_options& options,
             std::error_code& error);

}  // namespace goro::net::detail
