// Many calls on one connection at a time, after internal/poll/fd_mutex_test.go: readers take turns, and so do writers.
#include <atomic>
#include <map>
#include <string>

#include "net_support.hpp"

namespace {

using namespace net_support;

// internal/poll: TestMutexLock, TestMutexClose, TestMutexCloseUnblock, TestMutexStress. Writes come out whole and reads
// get whole pieces, however many there are at a time.
TEST(net_turns, TestMutexStress) {
  sweep_processors([] {
    const pair p = connected_pair();
    constexpr int writers = 8;
    const int rounds = 2 * scale;
    constexpr std::size_t size = 100'000;  // more than one system call
    goro::wait_group reader;
    std::map<char, int> seen;
    reader.go([&] {
      std::string piece(size, '\0');
      while (p.b.read_full(std::as_writable_bytes(std::span(piece))) == size) {
        EXPECT_EQ(piece.find_first_not_of(piece[0]), std::string::npos) << "two writes were mixed";
        ++seen[piece[0]];
      }
    });
    together(writers, [&](int i) {
      const std::string mine(size, static_cast<char>('a' + i));
      for (int n = 0; n < rounds; ++n) {
        if (n % 2 == 0) {
          p.a.write(mine);
        } else {
          const std::string_view all = mine;
          const net::conn::buffer pieces[] = {std::as_bytes(std::span(all.substr(0, 1))),
                                              {},
                                              std::as_bytes(std::span(all.substr(1, 50'000))),
                                              std::as_bytes(std::span(all.substr(50'001)))};
          p.a.write_buffers(pieces);
        }
      }
    });
    p.a.close_write();
    reader.wait();
    EXPECT_EQ(seen.size(), static_cast<std::size_t>(writers));
    for (const auto& [letter, count] : seen) {
      EXPECT_EQ(count, rounds) << letter;
    }
  });
}

// Nobody gets what another got, and nothing is lost.
TEST(net_turns, ConcurrentReadsShareTheStream) {
  sweep_processors([] {
    const pair p = connected_pair();
    std::atomic<std::size_t> got{0};
    goro::wait_group readers;
    for (int i = 0; i < 6; ++i) {
      readers.go([&] {
        for (std::size_t n = read_text(p.b, 1000).size(); n != 0; n = read_text(p.b, 1000).size()) {
          got += n;
        }
      });
    }
    const std::string block(1 << 16, 'x');
    for (int i = 0; i < 20; ++i) {
      p.a.write(block);
    }
    p.a.close_write();
    readers.wait();
    EXPECT_EQ(got, 20U << 16);
  });
}

// close() among many calls of all kinds: each of them ends, and the descriptor is not used after it.
TEST(net_turns, TestMutexCloseUnblock) {
  sweep_processors([] {
    for (int round = 0; round < 10; ++round) {
      const pair p = connected_pair();
      together(9, [&](int i) {
        std::error_code error;
        char buffer[64];
        const std::string block(1 << 20, 'x');
        if (i == 8) {
          p.a.close();
          return;
        }
        while (!error) {
          if (i % 2 == 0) {
            p.a.read(buffer, error);
          } else {
            p.a.write(block, error);
          }
        }
        EXPECT_EQ(error, goro::errc::closed) << error.message();
      });
    }
  });
}

}  // namespace
