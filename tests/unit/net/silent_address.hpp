// An address that does not answer, on this machine: a listener whose queue is full. The system drops what comes then.
#pragma once

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
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
  // In the system's table of sockets a listener's second queue is what waits to be accepted. (Its TCP_INFO says so too,
  // but not under an emulator, which knows options of four bytes only.)
  bool full() const {
    for (const char* table : {"/proc/net/tcp", "/proc/net/tcp6"}) {
      std::ifstream sockets(table);
      std::string line;
      while (std::getline(sockets, line)) {
        unsigned port = 0;
        unsigned state = 0;
        unsigned waiting = 0;
        constexpr unsigned listening = 10;
        if (std::sscanf(line.c_str(), " %*d: %*[0-9A-F]:%x %*[0-9A-F]:%*x %x %*x:%x", &port, &state, &waiting) == 3 &&
            state == listening && port == where().port()) {
          return waiting >= fillers_.size();
        }
      }
    }
    ADD_FAILURE() << "no listener at " << text() << " in the table of sockets";
    return true;
  }

  goro::net::listener listener_;
  std::vector<goro::net::conn> fillers_;
};

}  // namespace net_support
