// Futures as channels: the end of a function is one more thing that a select can wait for.
#include "chan_support.hpp"
#include "goro/future.hpp"

using namespace support;

namespace {

// future::done() is a channel that closes with the function's end: futures in a select.
TEST(chan_future, FuturesInASelect) {
  sweep_processors([] {
    const auto go_on = make_chan<void>();
    auto quick = goro::async([] { return 1; });
    auto slow = goro::async([go_on] {
      go_on.recv();
      return 2;
    });
    EXPECT_EQ(goro::select(goro::recv_case(slow.done()), goro::recv_case(quick.done())), 1U);
    EXPECT_TRUE(quick.ready());
    EXPECT_EQ(quick.get(), 1);
    EXPECT_EQ(goro::select(goro::recv_case(slow.done()), goro::default_case()), 1U);
    go_on.close();
    EXPECT_FALSE(slow.done().recv());
    EXPECT_EQ(slow.get(), 2);
    auto failed = goro::async([] { throw 1; });
    EXPECT_FALSE(failed.done().recv()) << "also when it throws";
    EXPECT_THROW(failed.get(), int);
  });
}

}  // namespace
