#include "http/transport.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <mutex>

#include "goro/errc.hpp"
#include "goro/net/dial.hpp"
#include "http/characters.hpp"
#include "http/head_parser.hpp"
#include "http/string_reader.hpp"
#include "net/socket.hpp"

namespace goro::http::detail {
namespace {

using namespace std::chrono_literals;

constexpr time_point long_ago{1ns};

std::string with_port(const std::string& host) {
  const std::size_t colon = host.rfind(':');
  const std::size_t bracket = host.rfind(']');
  const bool has_port = colon != std::string::npos && (bracket == std::string::npos || colon > bracket);
  return has_port ? host : host + ":80";
}

bool is_repeatable(const request& r) noexcept {
  const std::string_view m = r.method();
  return (m == "GET" || m == "HEAD" || m == "OPTIONS" || m == "TRACE") && client_access::own_body(r) == nullptr;
}

std::string head_of(request& r, bool chunked) {
  std::string head =
      std::string(r.method()) + " " + std::string(r.target()) + " HTTP/1.1\r\nHost: " + std::string(r.host()) + "\r\n";
  if (!r.header().contains("User-Agent")) {
    head += "User-Agent: goro\r\n";
  }
  for (const header_field field : r.header()) {
    const bool ours = field.name == "Host" || field.name == "Content-Length" || field.name == "Transfer-Encoding";
    if (!ours && is_token(field.name) && all(field.value, value_char)) {
      head.append(field.name).append(": ").append(field.value).append("\r\n");
    }
  }
  const bool has_body = client_access::own_body(r) != nullptr;
  if (chunked) {
    head += "Transfer-Encoding: chunked\r\n";
  } else if (has_body || r.method() == "POST" || r.method() == "PUT" || r.method() == "PATCH") {
    head += "Content-Length: " + std::to_string(has_body ? r.content_length() : 0) + "\r\n";
  }
  return head + "\r\n";
}

}  // namespace

// A server that closes just now is noticed only by the request that is sent then, and repeated if it may be.
net::conn transport::take_idle(const std::string& host) {
  for (;;) {
    net::conn c = pop_idle(host);
    if (!c || net::detail::socket::of(c)->is_quiet()) {
      return c;
    }
  }
}

net::conn transport::pop_idle(const std::string& host) {
  const std::lock_guard guard(lock_);
  const auto found = idle_.find(host);
  if (found == idle_.end()) {
    return {};
  }
  net::conn c = std::move(found->second.back().conn);
  const bool fresh_enough = base::now_ns() - found->second.back().since < options_.idle_timeout.count();
  found->second.pop_back();
  if (found->second.empty() || !fresh_enough) {  // the others are older
    idle_.erase(found);
  }
  return fresh_enough ? c : net::conn{};
}

void transport::keep(const std::string& host, net::conn c) {
  const std::lock_guard guard(lock_);
  std::vector<idle_conn>& kept = idle_[host];
  kept.push_back({std::move(c), base::now_ns()});
  if (kept.size() > options_.max_idle_per_host) {
    kept.erase(kept.begin());
  }
}

void transport::close_idle() {
  const std::lock_guard guard(lock_);
  idle_.clear();
}

round_trip::round_trip(std::shared_ptr<transport> t, context ctx) : transport_(std::move(t)), ctx_(std::move(ctx)) {}

round_trip::~round_trip() { finish(false); }

void round_trip::own(cancel_func cancel) noexcept {
  if (conn_) {
    cancel_ = std::move(cancel);
  }
}

void round_trip::run(request& r, std::error_code& error) {
  attempt(r, false, error);
  if (error && reused_ && !received_any_ && is_repeatable(r) && !ctx_.err()) {
    finish(false);
    error.clear();
    attempt(r, true, error);
  }
  error = translate(error);
}

// What the end of the context did to the connection was a deadline.
std::error_code round_trip::translate(std::error_code error) const noexcept {
  const std::error_code ended = ctx_.err();
  return error == errc::timeout && ended ? ended : error;
}

void round_trip::attempt(request& r, bool fresh, std::error_code& error) {
  host_ = with_port(std::string(r.host()));
  if (!connect(host_, fresh, error)) {
    return;
  }
  interrupt_ = after_func(ctx_, [c = conn_] {
    std::error_code ignored;
    c.set_deadline(long_ago, ignored);
  });
  in_.attach(&conn_);
  send(r, error);
  sent_whole_ = !error;
  std::error_code of_response;
  receive_head(r.method() == "HEAD", of_response);  // also then: it may say why it did not take all
  error = of_response;
}

bool round_trip::connect(const std::string& host, bool fresh, std::error_code& error) {
  conn_ = fresh ? net::conn{} : transport_->take_idle(host);
  reused_ = static_cast<bool>(conn_);
  if (!reused_) {
    conn_ = net::dial(ctx_, "tcp", host, error);
  }
  return !error;
}

void round_trip::send(request& r, std::error_code& error) {
  reader* const body = client_access::own_body(r).get();
  const bool chunked = body != nullptr && r.content_length() < 0;
  std::string head = head_of(r, chunked);
  if (body == nullptr) {
    conn_.write(head, error);
  } else if (auto* const text = dynamic_cast<string_reader*>(body)) {
    const std::array<net::conn::buffer, 2> pieces = {std::as_bytes(std::span(head)),
                                                     std::as_bytes(std::span(text->text()))};
    conn_.write_buffers(pieces, error);
  } else {
    send_stream(*body, head, chunked, error);
  }
}

void round_trip::send_stream(reader& from, std::string& head, bool chunked, std::error_code& error) {
  std::array<char, 4096> piece;
  for (;;) {
    const std::size_t n = from.read(std::span<char>(piece), error);
    if (error) {
      return;
    }
    if (chunked) {
      std::array<char, 16> digits;
      head.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), n, 16).ptr).append("\r\n");
    }
    head.append(piece.data(), n);
    head += chunked ? "\r\n" : "";
    conn_.write(head, error);
    if (n == 0 || error) {
      return;
    }
    head.clear();
  }
}

// Passes over 1xx.
void round_trip::receive_head(bool to_head_request, std::error_code& error) {
  to_head_ = to_head_request;
  do {
    fields.clear();
    frame = {};
    if (!receive_one_head(error)) {
      return;
    }
  } while (status < 200 && status != 101);
  body_.start(frame.body(), frame.length(), &trailers);
  if (body_.finished()) {
    finish(frame.keep_alive());
  }
}

bool round_trip::receive_one_head(std::error_code& error) {
  head_parser parser(head_kind::response, transport_->options_.max_header_bytes);
  int minor_version = 1;
  refusal why = refusal::none;
  for (;;) {
    const head_event event = parser.next(in_.unread());
    if (event == head_event::need_more) {
      if (in_.receive(error) == 0) {
        error = error ? error : make_error_code(errc::unexpected_end);
        return false;
      }
      received_any_ = true;
    } else if (event == head_event::start_line) {
      status = parser.status();
      reason = parser.reason();
      minor_version = parser.minor_version();
    } else if (event == head_event::field) {
      fields.add(parser.name(), parser.value());
      why = why != refusal::none ? why : frame.note(parser.name(), parser.value());
    }
    in_.consume(parser.taken());
    if (event == head_event::end) {
      why = why != refusal::none ? why : frame.finish_response(to_head_, status, minor_version);
    }
    if (event == head_event::refused || (event == head_event::end && why != refusal::none)) {
      error = errc::malformed_message;
      return false;
    }
    if (event == head_event::end) {
      return true;
    }
  }
}

std::size_t round_trip::read(std::span<char> to, std::error_code& error) noexcept {
  if (body_.finished()) {
    return 0;
  }
  std::error_code own;
  const std::size_t n = body_.read(in_, to, own);
  if (own) {
    error = translate(own);
    finish(false);
  } else if (body_.finished()) {
    finish(frame.keep_alive());
  }
  return n;
}

// The connection is not needed any more. It is kept if nobody has interrupted it and nothing is left on it.
void round_trip::finish(bool reusable) noexcept {
  if (!conn_) {
    return;
  }
  const bool untouched = interrupt_.stop();
  interrupt_ = {};
  if (reusable && untouched && sent_whole_ && in_.empty() && status != 101) {
    transport_->keep(host_, std::move(conn_));
  } else {
    conn_.close();
  }
  conn_ = {};
  in_.clear();
  cancel_();
}

}  // namespace goro::http::detail
