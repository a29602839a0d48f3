// What a handler answers with.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <system_error>

#include "goro/http/headers.hpp"
#include "goro/net/conn.hpp"

namespace goro::http {

namespace detail {
class exchange;
}

// A connection that a handler has taken over, with what had been received and not read.
struct hijacked_conn {
  net::conn conn;
  std::string buffered;
};

// It belongs to the connection and ends with the handler. Not for use by several goroutines at once.
// Go: http.ResponseWriter, http.Flusher, http.Hijacker, http.ResponseController.
class response_writer {
 public:
  // The fields to send. Changes after the head has been sent (by flush(), by more body than is held back, by
  // status(1xx) for those of an informational response) have no effect. Content-Type, Date, Content-Length or
  // Transfer-Encoding, and Connection are added unless they are there; an empty Content-Type or Date set by the handler
  // suppresses that one.
  headers& header() noexcept { return headers_; }
  // Fields to send behind the body, when the response is chunked. Names known before the first write() are announced by
  // a Trailer field.
  headers& trailer() noexcept { return trailer_; }

  // Chooses the status; 200 otherwise. Later calls are ignored and logged. A status of 100 to 199 (but 101) is sent at
  // once, with the fields that are set, and the real one follows. Panics for what is no status. Go: WriteHeader.
  void status(int code);

  // Appends to the body. A small body is held back and sent at the handler's end with its length; of a larger one, all
  // that there is is sent, chunked unless the handler has set Content-Length. Blocks while the client does not receive.
  // Throws std::system_error: the connection's error, errc::body_not_allowed, errc::content_length_exceeded,
  // errc::hijacked. Once the connection has failed there is nothing left to do for the handler; if it lets the
  // exception out nothing is logged.
  void write(std::string_view body);
  void write(std::string_view body, std::error_code& error);

  // Sends what was held back. Go: Flusher.
  void flush();
  void flush(std::error_code& error);

  // Sends `count` bytes of a file from `offset` on, behind what has been written, without copying them through the
  // program.
  void write_file(int file, std::uint64_t offset, std::uint64_t count, std::error_code& error);

  // Takes the connection away from the server, which does nothing with it any more; deadlines are cleared. Throws
  // std::system_error (errc::hijacked) the second time. Not after the head has been sent. Go: Hijacker.
  hijacked_conn hijack();

  // For this connection until the next request. Go: ResponseController.SetReadDeadline, SetWriteDeadline.
  void set_read_deadline(time_point when);
  void set_write_deadline(time_point when);
  // The handler reads the body and writes the response at the same time: what it has not read is not read for it before
  // the first byte of the response. Go: ResponseController.EnableFullDuplex.
  void enable_full_duplex() noexcept { full_duplex_ = true; }

  // For logs and middleware: the status chosen so far (0: none), and the bytes of the body.
  int status() const noexcept { return status_; }
  std::uint64_t bytes_written() const noexcept { return written_; }
  bool head_sent() const noexcept { return head_sent_; }

 private:
  friend class detail::exchange;

  void clear() noexcept;

  detail::exchange* exchange_ = nullptr;
  headers headers_, trailer_;
  std::uint64_t written_ = 0;
  int status_ = 0;
  bool head_sent_ = false;
  bool full_duplex_ = false;
};

// Answers with a text: `404 page not found`. Content-Length and the like that were set for another body are removed.
// Go: http.Error.
void error(response_writer& w, std::string_view text, int code);
void not_found(response_writer& w);

}  // namespace goro::http
