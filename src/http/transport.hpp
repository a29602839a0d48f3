// A client's connections, and one request and its response on one of them.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include "base/clock.hpp"
#include "goro/context.hpp"
#include "goro/http/client.hpp"
#include "goro/mutex.hpp"
#include "goro/net/conn.hpp"
#include "http/body_source.hpp"
#include "http/input.hpp"

namespace goro::http::detail {

// What the client may see of a request.
struct client_access {
  static const std::string& scheme(const request& r) { return r.scheme_; }
  static const std::unique_ptr<reader>& own_body(const request& r) { return r.own_body_; }
  static std::unique_ptr<reader> take_body(request& r) { return std::move(r.own_body_); }
};

// Connections that wait for their next request.
class transport {
 public:
  explicit transport(const client_options& options) : options_(options) {}

  // One that is kept and still is as it was left, or an empty handle. What the server has closed meanwhile, or has sent
  // something on that nobody asked for, is dropped.
  net::conn take_idle(const std::string& host);
  // Keeps a connection on which nothing is under way.
  void keep(const std::string& host, net::conn c);
  void close_idle();

  const client_options options_;

 private:
  struct idle_conn {
    net::conn conn;
    base::nanoseconds since;
  };

  net::conn pop_idle(const std::string& host);

  mutex lock_;
  std::map<std::string, std::vector<idle_conn>> idle_;  // guarded by lock_; the latest one is last
};

class round_trip {
 public:
  round_trip(std::shared_ptr<transport> t, context ctx);
  round_trip(const round_trip&) = delete;
  round_trip& operator=(const round_trip&) = delete;
  ~round_trip();

  // Sends the request and receives the head of the response. Once.
  void run(request& r, std::error_code& error);
  // Ends the context when the connection is not needed any more.
  void own(cancel_func cancel) noexcept;

  headers fields, trailers;
  std::string reason;
  std::string url;
  int status = 0;
  framing frame;

  reader& body() noexcept { return reader_; }

 private:
  struct body_reader final : reader {
    explicit body_reader(round_trip& t) noexcept : trip(t) {}
    std::size_t do_read(std::span<char> to, std::error_code& error) noexcept override { return trip.read(to, error); }
    round_trip& trip;
  };

  void attempt(request& r, bool fresh, std::error_code& error);
  bool connect(const std::string& host, bool fresh, std::error_code& error);
  void send(request& r, std::error_code& error);
  void send_stream(reader& from, std::string& head, bool chunked, std::error_code& error);
  void receive_head(bool to_head_request, std::error_code& error);
  bool receive_one_head(std::error_code& error);
  std::size_t read(std::span<char> to, std::error_code& error) noexcept;
  void finish(bool reusable) noexcept;
  std::error_code translate(std::error_code error) const noexcept;

  std::shared_ptr<transport> transport_;
  context ctx_;
  cancel_func cancel_;
  after_func_stop interrupt_;
  net::conn conn_;
  std::string host_;
  input in_;
  body_source body_;
  body_reader reader_{*this};
  bool to_head_ = false;
  bool reused_ = false;
  bool received_any_ = false;
  bool sent_whole_ = false;
};

}  // namespace goro::http::detail
