// One write of many pieces, after net/writev_test.go.
#include <string>
#include <vector>

#include "net_support.hpp"

namespace {

using namespace net_support;

TEST(net_buffers, TestBuffers_WriteTo) {
  sweep_processors([] {
    for (const int pieces : {0, 1, 2, 63, 64, 65, 200, 1030}) {
      const pair p = connected_pair();
      std::string all;
      std::vector<std::string> parts;
      for (int i = 0; i < pieces; ++i) {
        parts.push_back(std::string(static_cast<std::size_t>(i % 700), static_cast<char>('a' + i % 26)));
        all += parts.back();
      }
      std::vector<net::conn::buffer> buffers;
      for (const std::string& part : parts) {
        buffers.push_back(std::as_bytes(std::span(part)));
      }
      goro::wait_group writer;
      writer.go([&] {
        std::error_code error;
        EXPECT_EQ(p.a.write_buffers(buffers, error), all.size());
        EXPECT_FALSE(error);
        p.a.close_write();
      });
      EXPECT_TRUE(read_all(p.b) == all);
      writer.wait();
    }
  });
}

TEST(net_buffers, TestWritevError) {
  in_goroutine([] {
    const pair p = connected_pair();
    p.a.close_write();
    const net::conn::buffer one = std::as_bytes(std::span("x", 1));
    const net::conn::buffer many[] = {one, one, one};
    std::error_code error;
    EXPECT_EQ(p.a.write_buffers(many, error), 0U);
    EXPECT_TRUE(error == std::errc::broken_pipe);
  });
}

}  // namespace
