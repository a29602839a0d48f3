#include "goro/http/response_writer.hpp"

#include "goro/errc.hpp"
#include "http/connection.hpp"
#include "http/exchange.hpp"

namespace goro::http {
namespace {

void throw_if(std::error_code error, const char* where) {
  if (error) {
    throw std::system_error(error, where);
  }
}

}  // namespace

void response_writer::clear() noexcept {
  headers_.clear();
  trailer_.clear();
  written_ = 0;
  status_ = 0;
  head_sent_ = false;
  full_duplex_ = false;
}

void response_writer::status(int code) { exchange_->choose_status(code); }

void response_writer::write(std::string_view body) {
  std::error_code error;
  exchange_->write(body, error);
  throw_if(error, "http write");
}
void response_writer::write(std::string_view body, std::error_code& error) { exchange_->write(body, error); }

void response_writer::flush() {
  std::error_code error;
  exchange_->flush(error);
  throw_if(error, "http flush");
}
void response_writer::flush(std::error_code& error) { exchange_->flush(error); }

void response_writer::write_file(int file, std::uint64_t offset, std::uint64_t count, std::error_code& error) {
  exchange_->write_file(file, offset, count, error);
}

hijacked_conn response_writer::hijack() { return exchange_->hijack(); }

void response_writer::set_read_deadline(time_point when) {
  std::error_code error;
  exchange_->conn().set_read_deadline(when, error);
  throw_if(error, "set_read_deadline");
}

void response_writer::set_write_deadline(time_point when) {
  std::error_code error;
  exchange_->conn().set_write_deadline(when, error);
  throw_if(error, "set_write_deadline");
}

void error(response_writer& w, std::string_view text, int code) {
  for (const std::string_view name : {"Content-Length", "Content-Encoding", "Etag", "Last-Modified", "Cache-Control"}) {
    w.header().erase(name);
  }
  w.header().set("Content-Type", "text/plain; charset=utf-8");
  w.header().set("X-Content-Type-Options", "nosniff");
  w.status(code);
  w.write(text);
  w.write("\n");
}

void not_found(response_writer& w) { error(w, "404 page not found", 404); }

}  // namespace goro::http
