// What the tests of contexts share.
#pragma once

#include <system_error>

#include "goro/context.hpp"
#include "goro/select.hpp"
#include "support.hpp"

namespace support {

inline constexpr auto very_long = 1000h;  // no test takes that

// Is the done channel closed at this moment?
inline bool is_done(const goro::context& ctx) { return ctx.done().try_recv() == goro::chan_status::closed; }

// ctx must have ended in this way.
inline void expect_ended(const goro::context& ctx, std::error_code err, std::error_code cause) {
  EXPECT_TRUE(is_done(ctx));
  EXPECT_EQ(ctx.err(), err);
  EXPECT_EQ(ctx.cause(), cause);
}
inline void expect_ended(const goro::context& ctx, std::error_code err) { expect_ended(ctx, err, err); }

inline void expect_live(const goro::context& ctx) {
  EXPECT_FALSE(is_done(ctx));
  EXPECT_EQ(ctx.err(), std::error_code());
  EXPECT_EQ(ctx.cause(), std::error_code());
}

}  // namespace support
