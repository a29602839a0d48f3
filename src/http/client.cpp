#include "goro/http/client.hpp"

#include "goro/errc.hpp"
#include "goro/http/url.hpp"
#include "http/string_reader.hpp"
#include "http/transport.hpp"

namespace goro::http {

using namespace detail;

namespace {

bool is_redirect(int status) noexcept {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

// The request that follows, or nothing if it cannot be made.
std::optional<request> next_request(request& last, const url& from, const url& to, int status) {
  const bool same = status == 307 || status == 308;
  const bool has_body = client_access::own_body(last) != nullptr;
  if (same && has_body && dynamic_cast<string_reader*>(client_access::own_body(last).get()) == nullptr) {
    return std::nullopt;
  }
  const bool keeps_method = same || last.method() == "HEAD" || last.method() == "GET";
  request next(keeps_method ? last.method() : "GET", to.to_string());
  for (const header_field field : last.header()) {
    const bool secret = field.name == "Authorization" || field.name == "Cookie" || field.name == "Www-Authenticate";
    const bool of_body = field.name == "Content-Type" && !same;
    if (!(secret && from.host != to.host) && !of_body) {
      next.header().add(field.name, field.value);
    }
  }
  if (same && has_body) {
    const std::int64_t length = last.content_length();
    next.set_body(client_access::take_body(last), length);
  }
  return next;
}

const headers& no_headers() noexcept {
  static const headers none;
  return none;
}

}  // namespace

response::response() noexcept = default;
response::response(std::unique_ptr<round_trip> trip) noexcept : trip_(std::move(trip)) {}
response::response(response&&) noexcept = default;
response& response::operator=(response&&) noexcept = default;
response::~response() = default;

int response::status() const noexcept { return trip_ ? trip_->status : 0; }
std::string_view response::reason() const noexcept {
  return trip_ ? std::string_view(trip_->reason) : std::string_view{};
}
const headers& response::header() const noexcept { return trip_ ? trip_->fields : no_headers(); }
const headers& response::trailer() const noexcept { return trip_ ? trip_->trailers : no_headers(); }
reader& response::body() noexcept { return trip_ ? trip_->body() : empty_reader(); }
std::string response::text() { return body().read_all(); }

std::int64_t response::content_length() const noexcept {
  return trip_ && trip_->frame.has_length() ? static_cast<std::int64_t>(trip_->frame.length()) : -1;
}

const std::string& response::url() const noexcept {
  static const std::string none;
  return trip_ ? trip_->url : none;
}

client::client(client_options options) : options_(options), transport_(std::make_shared<transport>(options)) {}
client::~client() = default;
void client::close_idle_connections() { transport_->close_idle(); }

response client::do_(request r) {
  cancelable limited = options_.timeout.count() > 0 ? with_timeout(r.ctx(), options_.timeout) : with_cancel(r.ctx());
  for (int redirects = 0;; ++redirects) {
    const std::optional<http::url> at =
        http::url::parse(client_access::scheme(r) + "://" + std::string(r.host()) + std::string(r.target()));
    if (!at) {
      throw std::system_error(errc::bad_url, std::string(r.target()));
    }
    auto trip = std::make_unique<round_trip>(transport_, limited.ctx);
    std::error_code error;
    trip->run(r, error);
    if (error) {
      throw std::system_error(error, std::string(r.method()) + " " + at->to_string());
    }
    trip->url = at->to_string();
    const std::string_view location = trip->fields.get("location");
    const std::optional<http::url> to = location.empty() ? std::nullopt : at->resolve(location);
    if (options_.max_redirects == 0 || !is_redirect(trip->status) || !to) {
      trip->own(std::move(limited.cancel));
      return response(std::move(trip));
    }
    if (redirects == options_.max_redirects) {
      throw std::system_error(errc::too_many_redirects, at->to_string());
    }
    std::optional<request> next = next_request(r, *at, *to, trip->status);
    if (!next) {
      trip->own(std::move(limited.cancel));
      return response(std::move(trip));
    }
    std::error_code ignored;
    trip->body().read_all(ignored);  // so that its connection can be used again
    r = std::move(*next);
  }
}

response client::get(std::string_view url) { return do_(request("GET", url)); }

response client::get(const context& ctx, std::string_view url) {
  request r("GET", url);
  r.set_ctx(ctx);
  return do_(std::move(r));
}

response client::head(std::string_view url) { return do_(request("HEAD", url)); }

response client::post(std::string_view url, std::string_view content_type, std::string body) {
  request r("POST", url, std::move(body));
  r.header().set("Content-Type", content_type);
  return do_(std::move(r));
}

// Never destroyed: goroutines may use it while static objects are.
client& default_client() {
  static client& the_client = *new client;
  return the_client;
}

response get(std::string_view url) { return default_client().get(url); }
response get(const context& ctx, std::string_view url) { return default_client().get(ctx, url); }
response post(std::string_view url, std::string_view content_type, std::string body) {
  return default_client().post(url, content_type, std::move(body));
}

}  // namespace goro::http
