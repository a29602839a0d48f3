// A request: as a server's handler gets it, and as a client sends it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "goro/context.hpp"
#include "goro/http/headers.hpp"
#include "goro/http/reader.hpp"
#include "goro/net/endpoint.hpp"

namespace goro::http {

namespace detail {
class exchange;
class routing;
struct client_access;
}  // namespace detail

// In a handler it belongs to the connection and ends with the handler; views and the body do too. Go: http.Request.
class request {
 public:
  request() = default;
  // For a client. Throws std::system_error (errc::bad_url).
  request(std::string_view method, std::string_view url, std::string body = {});
  request(const request&) = delete;
  request& operator=(const request&) = delete;
  request(request&&) noexcept;
  request& operator=(request&&) noexcept;
  ~request();

  std::string_view method() const noexcept { return method_; }
  std::string_view target() const noexcept { return target_; }  // as it stood in the request line
  std::string_view path() const noexcept { return path_; }      // unescaped
  std::string_view raw_path() const noexcept { return raw_path_; }
  std::string_view raw_query() const noexcept { return raw_query_; }
  std::string_view host() const noexcept { return host_; }  // of the target if it has one, else of the Host field
  std::string_view protocol() const noexcept { return minor_version_ == 0 ? "HTTP/1.0" : "HTTP/1.1"; }
  bool protocol_at_least_1_1() const noexcept { return minor_version_ > 0; }

  // For middleware: gives the handlers further down another path (escaped). Nothing happens, and false, if an escape in
  // it is broken.
  bool set_path(std::string_view escaped);

  // The first value of this name in the query, unescaped; empty if there is none (has_query tells).
  std::string query(std::string_view name) const;
  std::vector<std::string> query_values(std::string_view name) const;
  bool has_query(std::string_view name) const;

  // What the wildcard {name} of the pattern matched, unescaped; empty if the pattern has none of this name. Go:
  // PathValue.
  std::string_view path_value(std::string_view name) const noexcept;
  void set_path_value(std::string_view name, std::string_view value);
  // The pattern that the request was found by; empty without one.
  std::string_view pattern() const noexcept { return pattern_; }

  // The first value of a header field; empty if there is none.
  std::string_view header(std::string_view name) const noexcept { return headers_.get(name); }
  headers& header() noexcept { return headers_; }
  const headers& header() const noexcept { return headers_; }
  // The fields behind a chunked body, once it has been read to its end.
  const headers& trailer() const noexcept { return trailer_; }
  // The user and password of `Authorization: Basic`.
  std::optional<std::pair<std::string, std::string>> basic_auth() const;
  std::optional<std::string> cookie(std::string_view name) const;

  // What the client has announced; -1: not known before the end (chunked).
  std::int64_t content_length() const noexcept { return content_length_; }
  // Never fails to exist: without a body it has ended from the start. In a server, reading it first sends
  // `100 Continue` to a client that waits for that.
  reader& body() noexcept;
  // For the rest of the body: reading more than so many bytes fails with errc::body_too_large; if the handler lets that
  // out, the client gets 413. The connection is closed after the response. Go: MaxBytesReader.
  void limit_body(std::uint64_t bytes) noexcept;
  // For a client: what to send. Without a length it is sent chunked.
  void set_body(std::string body);
  void set_body(std::unique_ptr<reader> body, std::int64_t length = -1);
  // For a client: another Host than the URL's.
  void set_host(std::string_view host) { host_ = host; }

  // Ends when the client leaves, and when the handler returns. To notice that a client leaves somebody must listen to
  // its connection meanwhile: a goroutine that the first call starts as soon as the body has been read. (So handlers
  // that do not ask do not pay. As in Go a client that sends the next request at once cannot be watched any further.)
  // Go: Request.Context.
  const context& ctx();
  // Gives the handlers further down another one, derived from it. Go: Request.WithContext.
  void set_ctx(context ctx) noexcept;

  // The addresses of the connection.
  const net::endpoint& remote() const noexcept { return remote_; }
  const net::endpoint& local() const noexcept { return local_; }

 private:
  friend class detail::exchange;
  friend class detail::routing;
  friend struct detail::client_access;
  friend class response_writer;

  void clear() noexcept;
  bool assign_target();

  std::string method_, target_, path_, raw_path_, raw_query_, host_;
  std::string pattern_;
  headers headers_, trailer_;
  std::vector<std::pair<std::string, std::string>> path_values_;
  std::size_t path_value_count_ = 0;  // of path_values_: the others keep their memory
  std::int64_t content_length_ = 0;
  std::optional<context> ctx_;
  detail::exchange* exchange_ = nullptr;  // a server's
  std::unique_ptr<reader> own_body_;
  std::string scheme_;
  net::endpoint remote_, local_;
  int minor_version_ = 1;
};

}  // namespace goro::http
