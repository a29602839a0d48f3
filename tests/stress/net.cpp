// Many connections, closes in the middle of everything, deadlines that move, descriptors whose numbers come back at
// once. Goroutines and foreign threads together. What was written arrives once and whole; what is closed ends every
// call; and an event of a descriptor that is gone wakes nobody, which a wait that should last shows.
#include <atomic>
#include <cstdint>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "goro/mutex.hpp"
#include "goro/net.hpp"
#include "goro/wait_group.hpp"
#include "stress.hpp"

namespace {

namespace net = goro::net;

constexpr int goroutines = stress::by_build(16, 10, 6);
constexpr int threads = 2;
constexpr int parties = goroutines + threads;
constexpr int turns = stress::by_build(8, 5, 3);

// f(number) in every goroutine and thread at once; returns when all have ended.
template <class F>
void crowd(F f) {
  goro::wait_group ended;
  std::vector<std::thread> foreign;
  for (int i = 0; i < threads; ++i) {
    foreign.emplace_back([&f, i] { f(goroutines + i); });
  }
  for (int i = 0; i < goroutines; ++i) {
    ended.go([&f, i] { f(i); });
  }
  ended.wait();
  goro::blocking([&] {
    for (auto& t : foreign) {
      t.join();
    }
  });
}

void expect_ok(const std::error_code& error, const char* what) {
  if (error) {
    stress::fail(std::string(what) + ": " + error.message());
  }
}

void expect_error(const std::error_code& got, const std::error_code& wanted, const char* what) {
  if (got != wanted) {
    stress::fail(std::string(what) + ": " + got.message() + " instead of " + wanted.message());
  }
}

struct pair {
  net::conn a;
  net::conn b;
};

class source_of_pairs {
 public:
  // Ends of one connection, whoever else asks at the same time.
  pair make() const {
    const std::lock_guard one(turn_);
    pair p;
    p.a = net::dial("tcp", listener_.local().to_string());
    p.b = listener_.accept();
    stress::expect(p.b.remote() == p.a.local(), "another connection than the one that was made");
    return p;
  }

 private:
  mutable goro::mutex turn_;
  net::listener listener_ = net::listen("tcp", "127.0.0.1:0");
};

// Discards the connection without leaving a port in TIME_WAIT.
void drop(const net::conn& c) {
  std::error_code ignored;
  c.set_linger(0, ignored);
  c.close();
}

// Echoes of messages of all sizes, on connections that come and go.
void echo_storm(long round) {
  const net::listener l = net::listen("tcp", "127.0.0.1:0");
  goro::wait_group servers;
  servers.go([&l, &servers] {
    std::error_code error;
    for (net::conn c = l.accept(error); !error; c = l.accept(error)) {
      servers.go([c] {
        std::byte buffer[5000];
        std::error_code broken;
        for (std::size_t n = c.read(buffer, broken); n != 0; n = c.read(buffer, broken)) {
          c.write(std::span(buffer, n), broken);
        }
      });
    }
  });
  crowd([&](int number) {
    stress::dice dice(static_cast<std::uint64_t>(round * 1000 + number));
    for (int i = 0; i < turns; ++i) {
      const net::conn c = net::dial("tcp", l.local().to_string());
      for (int k = 0; k < 3; ++k) {
        const std::string sent(1 + dice.below(20'000), static_cast<char>('a' + number % 26));
        std::string got(sent.size(), '\0');
        c.write(sent);
        stress::expect_equal(c.read_full(std::as_writable_bytes(std::span(got))), sent.size(), "size of an echo");
        stress::expect(got == sent, "an echo of something else");
      }
      drop(c);
      stress::progress();
    }
  });
  l.close();
  servers.wait();
}

// Readers, writers, movers of deadlines, and one that closes: every call ends, with nothing, a timeout or the close.
void close_storm(long round) {
  const source_of_pairs source;
  for (int i = 0; i < turns; ++i) {
    const pair p = source.make();
    std::atomic<int> closes{0};
    crowd([&](int number) {
      stress::dice dice(static_cast<std::uint64_t>(round * 7919 + i * 100 + number));
      const net::conn& c = number % 2 == 0 ? p.a : p.b;
      std::error_code error;
      std::byte buffer[256];
      const std::string block(100'000, 'x');
      for (int k = 0; error != goro::errc::closed; ++k) {
        stress::expect(!error || error == goro::errc::timeout || error == std::errc::connection_reset ||
                           error == std::errc::broken_pipe,  // between the two closes
                       "another error than those of a connection that is closed");
        switch (number % 4 == 3 ? 3 : dice.below(3)) {
          case 0:
            c.read(buffer, error);
            break;
          case 1:
            c.write(block, error);
            break;
          case 2:
            c.set_deadline(std::chrono::steady_clock::now() + std::chrono::microseconds(dice.below(300)), error);
            break;
          default:
            goro::sleep(std::chrono::microseconds(dice.below(500)));
            if (k == 1) {
              p.a.close(error);
              closes += !error;
              p.b.close(error);
              closes += !error;
              return;
            }
        }
      }
    });
    stress::expect_equal(closes.load(), 2, "closes that closed");
    stress::progress();
  }
}

// Descriptor numbers are reused as fast as can be, beside connections whose readers must not be woken by what happened
// to their number before.
void reuse_storm(long round) {
  const source_of_pairs source;
  crowd([&](int number) {
    stress::dice dice(static_cast<std::uint64_t>(round * 31 + number));
    for (int i = 0; i < turns; ++i) {
      const pair p = source.make();
      std::error_code error;
      char byte = 0;
      switch (dice.below(3)) {
        case 0:  // an event is under way when the number is given back
          p.b.write("x");
          break;
        case 1:  // and here is one who waits, and gets just his own
          goro::go([b = p.b, number] {
            std::error_code gone;
            const char mine = static_cast<char>(number);
            b.write(std::string_view(&mine, 1), gone);
          });
          stress::expect_equal(p.a.read(std::span(&byte, 1), error), std::size_t{1}, "bytes");
          expect_ok(error, "read");
          stress::expect_equal(static_cast<int>(byte), number, "the byte");
          break;
        default:  // nobody writes: the wait ends by its deadline
          p.a.set_read_deadline(std::chrono::steady_clock::now() + std::chrono::microseconds(dice.below(500)));
          stress::expect_equal(p.a.read(std::span(&byte, 1), error), std::size_t{0}, "bytes");
          expect_error(error, goro::errc::timeout, "a read that nobody answers");
      }
      drop(p.a);
      drop(p.b);
      stress::progress();
    }
  });
}

// Two ends that take turns, with deadlines that are moved meanwhile by others, far into the future: none may end a
// call.
void deadline_storm(long round) {
  const source_of_pairs source;
  crowd([&](int number) {
    const pair p = source.make();
    stress::dice dice(static_cast<std::uint64_t>(round * 17 + number));
    std::atomic<bool> ended{false};
    goro::wait_group others;
    others.go([&] {
      while (!ended) {
        p.a.set_deadline(std::chrono::steady_clock::now() + std::chrono::hours(1));
        goro::yield();
      }
    });
    others.go([&p] {
      char byte[1];
      while (p.b.read(std::span<char>(byte)) != 0) {
        p.b.write(std::string_view(byte, 1));
      }
    });
    for (int i = 0; i < turns * 5; ++i) {
      const char sent = static_cast<char>(dice.below(256));
      char got = 0;
      p.a.write(std::string_view(&sent, 1));
      stress::expect_equal(p.a.read(std::span(&got, 1)), std::size_t{1}, "bytes");
      stress::expect(got == sent, "another byte than was sent");
    }
    ended = true;
    p.a.close_write();
    others.wait();
    drop(p.a);
    stress::progress();
  });
}

// Accepts by many, a listener that is closed under them, and at once another on the same port.
void listener_storm(long) {
  net::listener l = net::listen("tcp", "127.0.0.1:0");
  const std::string address = l.local().to_string();
  for (int i = 0; i < turns; ++i) {
    std::atomic<int> dialers{0};
    crowd([&, l](int number) {
      std::error_code error;
      if (number % 3 == 0) {
        const net::conn c = net::dial("tcp", address, error);
        if (c) {
          c.set_linger(0, error);
        }
        if (dialers.fetch_add(1) + 1 == (parties + 2) / 3) {
          l.close();
        }
        return;
      }
      while (!error) {
        l.accept(error);
      }
      expect_error(error, goro::errc::closed, "accept");
    });
    l = net::listen("tcp", address);
    stress::progress();
  }
}

}  // namespace

int main(int argc, char** argv) {
  return stress::play(argc, argv, "net", 1, [](long round) {
    echo_storm(round);
    close_storm(round);
    reuse_storm(round);
    deadline_storm(round);
    listener_storm(round);
  });
}
