// What the tests of http share: a server on a free port, and a client that sees every byte.
#pragma once

#include <csignal>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "goro/http.hpp"
#include "goro/net.hpp"
#include "support.hpp"

namespace http_support {

using namespace std::chrono_literals;
namespace http = goro::http;
namespace net = goro::net;

inline std::string to_lower(std::string text) {
  for (char& c : text) {
    c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  }
  return text;
}

struct reply {
  int status = 0;  // 0: the connection ended before a whole response
  std::string head;
  std::string body;
  std::string trailers;
  bool chunked = false;

  // The value of a field; "" if it is not there.
  std::string operator[](const std::string& name) const {
    const std::string wanted = "\r\n" + to_lower(name) + ": ";
    const std::size_t at = to_lower(head).find(wanted);
    if (at == std::string::npos) {
      return "";
    }
    const std::size_t begin = at + wanted.size();
    return head.substr(begin, head.find("\r\n", begin) - begin);
  }
  bool has(const std::string& name) const {
    return to_lower(head).find("\r\n" + to_lower(name) + ":") != std::string::npos;
  }
};

// A connection to a server, byte by byte.
class raw_client {
 public:
  explicit raw_client(const net::endpoint& server) : conn(net::dial("tcp", server.to_string())) {
    conn.set_deadline(std::chrono::steady_clock::now() + 30s);  // a hang is a failure, not a hang
  }

  void send(std::string_view text) { conn.write(text); }
  bool try_send(std::string_view text) {
    std::error_code error;
    conn.write(text, error);
    return !error;
  }

  // Until the server closes (or resets).
  std::string rest() {
    while (more()) {
    }
    return std::exchange(received, {});
  }
  // Did the server close the connection without another byte?
  bool closed() { return rest().empty(); }

  std::string line() {
    while (received.find("\r\n") == std::string::npos && more()) {
    }
    const std::size_t end = received.find("\r\n");
    return take(end == std::string::npos ? received.size() : end + 2);
  }

  // The next response. Responses to HEAD have no body.
  reply read(bool to_head = false) {
    reply r;
    while (received.find("\r\n\r\n") == std::string::npos) {
      if (!more()) {
        return r;
      }
    }
    r.head = take(received.find("\r\n\r\n") + 4);
    const int status = std::stoi(r.head.substr(9, 3));
    if (!to_head && status >= 200 && status != 204 && status != 304 && !read_body(r)) {
      return r;
    }
    r.status = status;
    return r;
  }
  reply ask(std::string_view request) {
    send(request);
    return read(request.starts_with("HEAD"));
  }
  reply get(const std::string& target) { return ask("GET " + target + " HTTP/1.1\r\nHost: test\r\n\r\n"); }

  bool more() {
    char piece[4096];
    std::error_code error;
    const std::size_t n = conn.read(std::span<char>(piece), error);
    timed_out = timed_out || error == goro::errc::timeout;
    received.append(piece, n);
    return n > 0;
  }
  std::string take(std::size_t n) {
    std::string taken = received.substr(0, n);
    received.erase(0, n);
    return taken;
  }

  net::conn conn;
  std::string received;
  bool timed_out = false;

 private:
  bool wait_for(std::size_t n) {
    while (received.size() < n) {
      if (!more()) {
        return false;
      }
    }
    return true;
  }
  bool read_body(reply& r) {
    if (r["Transfer-Encoding"] == "chunked") {
      r.chunked = true;
      for (;;) {
        const std::size_t size = std::stoul("0" + line(), nullptr, 16);
        if (size == 0) {
          for (std::string l = line(); l != "\r\n"; l = line()) {
            if (l.empty()) {
              return false;
            }
            r.trailers += l;
          }
          return true;
        }
        if (!wait_for(size + 2)) {
          return false;
        }
        r.body += take(size);
        take(2);
      }
    }
    if (r.has("Content-Length")) {
      const std::size_t size = std::stoul(r["Content-Length"]);
      const bool whole = wait_for(size);
      r.body = take(size);
      return whole;
    }
    r.body = rest();
    return true;
  }
};

// A server with its own port and log, until the end of the scope.
class running {
 public:
  explicit running(http::handler h, http::server_options options = {})
      : server(prepared(std::move(options), std::move(h))) {
    start();
  }
  explicit running(http::server_options options) : server(prepared(std::move(options), {})) { start(); }
  ~running() {
    server.close();
    serving.wait();
  }

  const net::endpoint& at() const { return address; }
  std::string url(const std::string& path = "/") const { return "http://" + address.to_string() + path; }
  raw_client client() const { return raw_client(address); }
  std::string log() {
    const std::lock_guard guard(*lock);
    return *lines;
  }

  std::shared_ptr<std::string> lines = std::make_shared<std::string>();
  std::shared_ptr<std::mutex> lock = std::make_shared<std::mutex>();
  http::server server;
  net::endpoint address;
  std::error_code served;
  goro::wait_group serving;

 private:
  http::server_options prepared(http::server_options options, http::handler h) {
    if (h) {
      options.handler = std::move(h);
    }
    options.log = [to = lines, by = lock](std::string_view line) {
      const std::lock_guard guard(*by);
      to->append(line).append("\n");
    };
    return options;
  }
  void start() {
    net::listener listener = net::listen("tcp", "127.0.0.1:0");
    address = listener.local();
    serving.go([this, listener] { served = server.serve(listener); });
    server.address();
  }
};

inline void hello(http::response_writer& w, http::request&) { w.write("hello"); }

constexpr std::string_view get_root = "GET / HTTP/1.1\r\nHost: test\r\n\r\n";

}  // namespace http_support
