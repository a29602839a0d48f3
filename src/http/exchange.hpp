// One request and its response, with the buffers they need: what a connection has only while it is not idle. Exchanges
// are kept in a pool and reused, so that a simple request allocates nothing.
//
// The life of a request on it: read_head(), prepare(), the handler, finish(). Everything happens in the connection's
// goroutine, with one exception: while a handler that asked for the request's context runs, and the body has been read,
// a goroutine listens to the connection (watch). It alone uses the input then; stop_watching() ends it, before anybody
// else does again.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <system_error>

#include "goro/context.hpp"
#include "goro/http/request.hpp"
#include "goro/http/response_writer.hpp"
#include "goro/wait_group.hpp"
#include "http/body_source.hpp"
#include "http/date.hpp"
#include "http/framing.hpp"
#include "http/input.hpp"
#include "http/refusal.hpp"

namespace goro::http::detail {

class connection;

enum class head_outcome : std::uint8_t {
  ready,    // a request: handle it
  gone,     // the peer has left, or a deadline has passed
  refused,  // why()
};

class exchange {
 public:
  exchange();
  exchange(const exchange&) = delete;
  exchange& operator=(const exchange&) = delete;
  ~exchange();

  void attach(connection& c) noexcept;
  void detach() noexcept;

  // Receives and takes apart the head of a request.
  head_outcome read_head(std::size_t max_bytes);
  refusal why() const noexcept { return why_; }
  // The request is complete up to its body: forget the last response.
  void prepare(std::uint64_t max_body_bytes) noexcept;
  // The handler has returned: sends what is missing of the response.
  void finish();
  // The handler has not returned in peace: the connection cannot go on.
  void abandon() noexcept { keep_alive_ = false; }
  // Whether or not the handler has returned in peace: nobody else uses the connection when this returns.
  void end() noexcept;
  // Answers what is no request.
  void refuse(int status, std::string_view reason);

  // May another request follow?
  bool keeps_alive() const noexcept { return keep_alive_ && !failure_; }
  // Has the client sent, or may it still send, what nobody will read? Then closing at once could destroy the response
  // on its way.
  bool leaves_unread() const noexcept { return why_ != refusal::none || !in.empty() || !body_.finished(); }
  bool hijacked() const noexcept { return hijacked_; }
  std::error_code failure() const noexcept { return failure_; }

  // What request and response_writer do.
  std::size_t read_body(std::span<char> to, std::error_code& error) noexcept;
  void limit_body(std::uint64_t bytes) noexcept;
  const context& request_context();
  void choose_status(int code);
  void write(std::string_view data, std::error_code& error);
  void flush(std::error_code& error);
  void write_file(int file, std::uint64_t offset, std::uint64_t count, std::error_code& error);
  hijacked_conn hijack();
  reader& body() noexcept { return reader_; }
  connection& conn() noexcept { return *connection_; }

  input in;
  request req;
  response_writer res;

 private:
  enum class framing_of_response : std::uint8_t { undecided, sized, chunked, until_close, no_body };

  struct body_reader final : reader {
    explicit body_reader(exchange& e) noexcept : owner(e) {}
    std::size_t do_read(std::span<char> to, std::error_code& error) noexcept override {
      return owner.read_body(to, error);
    }
    exchange& owner;
  };

  bool note_field(std::string_view name, std::string_view value);
  bool finish_head();
  void send_continue(std::error_code& error);
  void drain_body() noexcept;
  void start_watching();
  void watch() noexcept;
  void stop_watching() noexcept;

  bool may_write(std::error_code& error);
  bool body_allowed() const noexcept;
  void send_informational(int code);
  void compose_head(std::string_view more, bool finished);
  void decide_framing(bool finished);
  void decide_connection(bool has_date);
  void append_number(std::uint64_t value, int base = 10);
  void append_status_line(int code);
  void append_field(std::string_view name, std::string_view value);
  void append_fields(const headers& fields);
  void append_trailers();
  void send(std::string_view more, bool finished, std::error_code& error);
  void send_pieces(std::span<const std::string_view> pieces, std::error_code& error);

  connection* connection_ = nullptr;
  body_source body_;
  body_reader reader_{*this};
  framing framing_;
  refusal why_ = refusal::none;
  bool continue_wanted_ = false;  // the client waits for `100 Continue`
  bool body_limited_ = false;

  cancel_func cancel_;  // of the context that was asked for
  wait_group watcher_;
  bool context_asked_ = false;
  bool watching_ = false;

  std::string head_;     // being composed
  std::string pending_;  // of the body: held back
  std::int64_t declared_ = -1;
  std::error_code failure_;  // of the connection: for good
  framing_of_response framing_of_response_ = framing_of_response::undecided;
  bool keep_alive_ = false;
  bool hijacked_ = false;

  std::int64_t date_of_ = -1;
  char date_[date_size];
};

}  // namespace goro::http::detail
