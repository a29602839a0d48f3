// An address that does not answer, on this machine: a listener whose queue is full. The system drops what comes then.
#pragma once

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <string>
#include <thread>
#include <vector>

#include "goro/net.hpp"

namespace net_support {

// Connections to it wait for ever.
class silent_address {
 public:
  explicit silent_address(const std::string& address = "127.0.0.1:0")
      : listener_(goro::net::listen("tcp", address, goro::net::listen_options{.backlog = 1})) {
    for (int i = 0; i < 2; ++i) {  // one more than the backlog
      fillers_.push_back(goro::net::dial("tcp", text()));
    }
    // The last one's end in the queue may still be on its way when dial() has returned.
    while (!full()) {
      std::this_thread::yield();
    }
  }
  goro::net::endpoint where() const { return listener_.local(); }
  std::string text() const { return where().to_string(); }

 private:
  // Of a listener the system tells the length of its queue, and the most, in these two fields.
  bool full() const {
    tcp_info info{};
    socklen_t size = sizeof info;
    return ::getsockopt(listener_.native_handle(), IPPROTO_TCP, TCP_INFO, &info, &size) != 0 ||
           info.tcpi_unacked > info.tcpi_sacked;
  }

  goro::net::listener listener_;
  std::vector<goro::net::conn> fillers_;
};

}  // namespace net_support
