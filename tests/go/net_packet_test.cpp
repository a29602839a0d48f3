// UDP and Unix sockets, after net/udpsock_test.go, unixsock_test.go, packetconn_test.go.
#include <sys/stat.h>
#include <unistd.h>

#include <thread>

#include "goro/go.hpp"
#include "net_support.hpp"

namespace {

using namespace net_support;

std::string receive(const net::packet_conn& c, net::endpoint& from, std::size_t most = 2048) {
  std::string text(most, '\0');
  text.resize(c.read_from(std::as_writable_bytes(std::span(text)), from));
  return text;
}

// A path that is free, in a directory of the test's.
class socket_path {
 public:
  socket_path() {
    std::string name = ::testing::TempDir() + "goro-sock-XXXXXX";
    directory_ = ::mkdtemp(name.data());
  }
  socket_path(const socket_path&) = delete;
  socket_path& operator=(const socket_path&) = delete;
  ~socket_path() {
    ::unlink((directory_ + "/s").c_str());
    ::unlink((directory_ + "/t").c_str());
    ::rmdir(directory_.c_str());
  }
  std::string first() const { return directory_ + "/s"; }
  std::string second() const { return directory_ + "/t"; }

 private:
  std::string directory_;
};

bool exists(const std::string& path) {
  struct stat s;
  return ::lstat(path.c_str(), &s) == 0;
}

TEST(net_udp, TestPacketConn) {
  sweep_processors([] {
    for (const std::string address : {"127.0.0.1:0", "[::1]:0"}) {
      const net::packet_conn a = net::listen_packet("udp", address);
      const net::packet_conn b = net::listen_packet("udp", address);
      goro::wait_group server;
      server.go([b] {
        net::endpoint from;
        for (std::string text = receive(b, from); text != "end"; text = receive(b, from)) {
          b.write_to(text + '!', from);
        }
      });
      net::endpoint from;
      for (int i = 0; i < 20; ++i) {
        a.write_to("packet " + std::to_string(i), b.local());
        EXPECT_EQ(receive(a, from), "packet " + std::to_string(i) + '!');
        EXPECT_EQ(from, b.local());
      }
      a.write_to("end", b.local());
      server.wait();
    }
  });
}

TEST(net_udp, TestConnAndPacketConn) {
  const net::packet_conn server = net::listen_packet("udp4", "127.0.0.1:0");
  const net::conn c = net::dial("udp", server.local().to_string());
  EXPECT_EQ(c.remote(), server.local());
  EXPECT_EQ(c.local().network(), "udp");
  c.write("question");
  net::endpoint from;
  EXPECT_EQ(receive(server, from), "question");
  EXPECT_EQ(from, c.local());
  server.write_to("answer", from);
  EXPECT_EQ(read_text(c), "answer");
}

TEST(net_udp, TestUDPZeroBytePayload) {
  const net::packet_conn server = net::listen_packet("udp", "127.0.0.1:0");
  const net::conn c = net::dial("udp", server.local().to_string());
  c.write(std::string_view());
  net::endpoint from;
  EXPECT_EQ(receive(server, from), "");
  EXPECT_EQ(from, c.local());
}

TEST(net_udp, TestUDPZeroByteBuffer) {
  const net::packet_conn server = net::listen_packet("udp", "127.0.0.1:0");
  const net::conn c = net::dial("udp", server.local().to_string());
  c.write("lost");
  c.write("next");
  net::endpoint from;
  EXPECT_EQ(server.read_from(std::span<std::byte>(), from), 0U);
  EXPECT_EQ(receive(server, from), "next");
}

TEST(net_udp, TestUDPReadSizeError) {
  const net::packet_conn server = net::listen_packet("udp", "127.0.0.1:0");
  const net::conn c = net::dial("udp", server.local().to_string());
  c.write("0123456789");
  net::endpoint from;
  EXPECT_EQ(receive(server, from, 4), "0123");  // the rest is lost
  c.write("next");
  EXPECT_EQ(receive(server, from), "next");
  EXPECT_TRUE(error_of([&](std::error_code& e) { c.write(std::string(70'000, 'x'), e); }) == std::errc::message_size);
}

TEST(net_udp, TestUDPReadTimeout) {
  const net::conn c = net::dial("udp", net::listen_packet("udp", "127.0.0.1:0").local().to_string());
  c.set_deadline(past());
  char byte[1];
  EXPECT_EQ(error_of([&](std::error_code& e) { c.read(byte, e); }), goro::errc::timeout);
}

TEST(net_udp, TestCloseUnblocksReadUDP) {
  sweep_processors([] {
    const net::packet_conn c = net::listen_packet("udp", "127.0.0.1:0");
    goro::wait_group waiting;
    waiting.go([c] {
      net::endpoint from;
      std::byte byte[1];
      EXPECT_EQ(error_of([&](std::error_code& e) { c.read_from(byte, from, e); }), goro::errc::closed);
    });
    goro::yield();
    c.close();
    waiting.wait();
  });
}

TEST(net_udp, TestPacketConnClose) {
  const net::packet_conn c = net::listen_packet("udp", "127.0.0.1:0");
  c.close();
  EXPECT_EQ(error_of([&](std::error_code& e) { c.close(e); }), goro::errc::closed);
  EXPECT_EQ(error_of([&](std::error_code& e) { c.write_to({}, c.local(), e); }), goro::errc::closed);
}

// Nobody listens: the next call says so, and the one after that waits again.
TEST(net_udp, ARefusalIsReportedOnce) {
  const net::packet_conn gone = net::listen_packet("udp", "127.0.0.1:0");
  const net::conn c = net::dial("udp", gone.local().to_string());
  gone.close();
  c.write("x");
  char byte[1];
  EXPECT_TRUE(error_of([&](std::error_code& e) { c.read(byte, e); }) == std::errc::connection_refused);
  c.set_read_deadline(soon(1ms));
  EXPECT_EQ(error_of([&](std::error_code& e) { c.read(byte, e); }), goro::errc::timeout);
}

TEST(net_udp, TestDualStackUDPListener) {
  const net::packet_conn both = net::listen_packet("udp", ":0");
  const std::string port = ":" + std::to_string(both.local().port());
  net::endpoint from;
  net::dial("udp", "127.0.0.1" + port).write("four");
  EXPECT_EQ(receive(both, from), "four");
  EXPECT_TRUE(from.is_ip4());
  net::dial("udp", "[::1]" + port).write("six");
  EXPECT_EQ(receive(both, from), "six");
  EXPECT_TRUE(from.is_ip6());
}

TEST(net_udp, ListenersAndPacketsAreNotMixedUp) {
  EXPECT_EQ(error_of([](std::error_code& e) { net::listen("udp", "127.0.0.1:0", e); }),
            net::resolve_errc::unknown_network);
  EXPECT_EQ(error_of([](std::error_code& e) { net::listen_packet("tcp", "127.0.0.1:0", e); }),
            net::resolve_errc::unknown_network);
}

TEST(net_unix, TestUnixConnLocalAndRemoteNames) {
  const socket_path path;
  const net::listener l = net::listen("unix", path.first());
  EXPECT_EQ(l.local().to_string(), path.first());
  const net::conn c = net::dial("unix", path.first());
  const net::conn s = l.accept();
  EXPECT_EQ(c.remote().to_string(), path.first());
  EXPECT_EQ(c.local().to_string(), "");
  EXPECT_EQ(s.local().to_string(), path.first());
  const net::conn named = net::dial(goro::background(), "unix", path.first(),
                                    {.local = net::endpoint::of_path(net::endpoint::kind::unix_stream, path.second())});
  EXPECT_EQ(l.accept().remote().to_string(), path.second());
  c.write("over a path");
  EXPECT_EQ(read_text(s), "over a path");
  c.close_write();
  EXPECT_EQ(read_text(s), "");
}

TEST(net_unix, TestUnixUnlink) {
  const socket_path path;
  {
    const net::listener l = net::listen("unix", path.first());
    EXPECT_TRUE(exists(path.first()));
    EXPECT_TRUE(error_of([&](std::error_code& e) { net::listen("unix", path.first(), e); }) ==
                std::errc::address_in_use);
    EXPECT_TRUE(exists(path.first()));
    l.close();
    EXPECT_FALSE(exists(path.first()));
  }
  const net::listener l = net::listen("unix", path.first());
  l.set_unlink_on_close(false);
  l.close();
  EXPECT_TRUE(exists(path.first()));
}

TEST(net_unix, TestUnixgramConnLocalAndRemoteNames) {
  const socket_path path;
  const net::packet_conn server = net::listen_packet("unixgram", path.first());
  const net::conn unnamed = net::dial("unixgram", path.first());
  unnamed.write("from nobody");
  net::endpoint from;
  EXPECT_EQ(receive(server, from), "from nobody");  // TestReadUnixgramWithUnnamedSocket
  EXPECT_EQ(from.to_string(), "");
  const net::packet_conn named = net::listen_packet("unixgram", path.second());
  named.write_to("from somebody", server.local());
  EXPECT_EQ(receive(server, from), "from somebody");
  EXPECT_EQ(from.to_string(), path.second());
  server.write_to("", from);  // TestUnixgramZeroBytePayload
  EXPECT_EQ(receive(named, from), "");
}

}  // namespace
