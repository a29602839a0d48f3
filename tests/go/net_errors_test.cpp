// What the peer or the system does wrong, and the words for it, after net/net_test.go.
#include <sys/resource.h>

#include <string>

#include "net_support.hpp"

namespace {

using namespace net_support;

TEST(net_conn, TestNotTemporaryRead) {
  in_goroutine([] {
    const pair p = connected_pair();
    p.b.set_linger(0);
    p.b.close();
    char byte[1];
    EXPECT_TRUE(error_of([&](std::error_code& e) { p.a.read(byte, e); }) == std::errc::connection_reset);
  });
}

TEST(net_conn, TestAcceptIgnoreAbortedConnRequest) {
  in_goroutine([] {
    const net::listener l = local_listener();
    {
      const net::conn c = net::dial("tcp", l.local().to_string());
      c.set_linger(0);
      c.close();  // before it is accepted
    }
    const net::conn second = net::dial("tcp", l.local().to_string());
    second.write("second");
    std::string text;
    while (text.empty()) {  // Linux hands the aborted one out too
      const net::conn c = l.accept();
      std::error_code error;
      text.resize(16);
      text.resize(c.read(std::span<char>(text), error));
    }
    EXPECT_EQ(text, "second");
  });
}

// The text names the operation, the network and both addresses.
TEST(net_conn, TestErrors) {
  in_goroutine([] {
    const auto text_of = [](auto f) -> std::string {
      try {
        f();
      } catch (const std::system_error& e) {
        return e.what();
      }
      return "no error";
    };
    const pair p = connected_pair();
    const std::string ends = p.a.local().to_string() + "->" + p.b.local().to_string();
    char byte[1];
    p.a.set_read_deadline(past());
    EXPECT_EQ(text_of([&] { p.a.read(byte); }), "read tcp " + ends + ": i/o timeout");
    p.a.close();
    EXPECT_EQ(text_of([&] { p.a.write("x"); }), "write tcp " + ends + ": use of closed network connection");
    const net::listener l = local_listener();
    const std::string address = l.local().to_string();
    EXPECT_EQ(text_of([&] { net::listen("tcp", address); }),
              "listen tcp " + address + ": bind: Address already in use");
    l.close();
    EXPECT_EQ(text_of([&] { l.accept(); }), "accept tcp " + address + ": use of closed network connection");
    EXPECT_EQ(text_of([&] { net::dial("tcp", address); }), "dial tcp " + address + ": connect: Connection refused");
    EXPECT_EQ(text_of([&] { net::dial("carrier-pigeon", "x"); }), "dial carrier-pigeon x: unknown network");
    EXPECT_EQ(text_of([&] { net::dial("tcp", "127.0.0.1"); }),
              "dial tcp 127.0.0.1: address is not of the form host:port");
    EXPECT_EQ(text_of([&] { net::listen("tcp", "127.0.0.1:no-such-port"); }),
              "listen tcp 127.0.0.1:no-such-port: unknown port");
    EXPECT_EQ(text_of([] { net::conn().write("x"); }), "write: Invalid argument");
  });
}

// No descriptor left: an error that says so, and all is well when there are some again.
TEST(net_conn, RunningOutOfDescriptorsIsAnError) {
  in_goroutine([] {
    const net::listener l = local_listener();
    const net::conn waiting = net::dial("tcp", l.local().to_string());
    rlimit before;
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
    const rlimit none{static_cast<rlim_t>(waiting.native_handle()), before.rlim_max};  // not one more
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
    const std::error_code accepted = error_of([&](std::error_code& e) { l.accept(e); });
    const std::error_code dialed = error_of([&](std::error_code& e) { net::dial("tcp", l.local().to_string(), e); });
    const std::error_code listened = error_of([&](std::error_code& e) { net::listen("tcp", "127.0.0.1:0", e); });
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
    EXPECT_TRUE(accepted == std::errc::too_many_files_open) << accepted.message();
    EXPECT_TRUE(dialed == std::errc::too_many_files_open) << dialed.message();
    EXPECT_TRUE(listened == std::errc::too_many_files_open) << listened.message();
    EXPECT_TRUE(l.accept());
  });
}

}  // namespace
