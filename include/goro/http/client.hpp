// The client.
//
//   const std::string text = goro::http::get("http://127.0.0.1:8080/").text();
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>

#include "goro/context.hpp"
#include "goro/http/headers.hpp"
#include "goro/http/reader.hpp"
#include "goro/http/request.hpp"

namespace goro::http {

namespace detail {
class round_trip;
class transport;
}  // namespace detail

// What a server has answered. It has the connection until its body has been read to the end; then the connection is
// kept for the next request. A response that ends with some of its body unread closes it. Go: http.Response.
class response {
 public:
  response() noexcept;
  response(response&&) noexcept;
  response& operator=(response&&) noexcept;
  ~response();

  int status() const noexcept;
  bool ok() const noexcept { return status() >= 200 && status() < 300; }
  std::string_view reason() const noexcept;
  const headers& header() const noexcept;
  std::string_view header(std::string_view name) const noexcept { return header().get(name); }
  // -1: not known before the end.
  std::int64_t content_length() const noexcept;
  reader& body() noexcept;
  // What is left of the body. Throws as reader::read.
  std::string text();
  // Behind a chunked body, once it has been read.
  const headers& trailer() const noexcept;
  // Where it came from, after all redirects.
  const std::string& url() const noexcept;

 private:
  friend class client;
  explicit response(std::unique_ptr<detail::round_trip> trip) noexcept;
  std::unique_ptr<detail::round_trip> trip_;
};

struct client_options {
  std::chrono::nanoseconds timeout{0};  // for a request with all its redirects and the body of its response; 0: none
  int max_redirects = 10;               // beyond it: errc::too_many_redirects; 0: redirects are returned
  std::size_t max_idle_per_host = 64;   // connections kept for later
  std::chrono::nanoseconds idle_timeout = std::chrono::seconds(90);  // how long they are
  std::size_t max_header_bytes = std::size_t{1} << 20;               // of a response's head
};

// Sends requests, and keeps connections for the next ones. Any number of goroutines and threads may use it at the same
// time. Calls block until the head of the response is there, until the request's context (request::set_ctx) ends, or
// its time is over; both count for the body as well. They throw std::system_error: the connection's errors, the
// context's, errc::malformed_message. A request that gets nothing at all from a kept connection is sent once more on a
// new one, if it may be repeated (GET, HEAD, OPTIONS, TRACE). A connection that the server has closed before the
// request was made is not tried. Redirects are followed: 301, 302 and 303 by GET (HEAD by HEAD), 307 and 308 by the
// same request, if its body is a string. Go: http.Client, http.Transport.
class client {
 public:
  explicit client(client_options options = {});
  client(const client&) = delete;
  client& operator=(const client&) = delete;
  ~client();

  response do_(request r);
  response get(std::string_view url);
  response get(const context& ctx, std::string_view url);
  response head(std::string_view url);
  response post(std::string_view url, std::string_view content_type, std::string body);

  void close_idle_connections();

 private:
  const client_options options_;
  std::shared_ptr<detail::transport> transport_;
};

// By a client that everybody shares. Go: http.Get, http.Post.
client& default_client();
response get(std::string_view url);
response get(const context& ctx, std::string_view url);
response post(std::string_view url, std::string_view content_type, std::string body);

}  // namespace goro::http
