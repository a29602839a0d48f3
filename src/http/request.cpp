#include "goro/http/request.hpp"

#include "goro/errc.hpp"
#include "goro/http/url.hpp"
#include "http/base64.hpp"
#include "http/characters.hpp"
#include "http/exchange.hpp"
#include "http/string_reader.hpp"
#include "http/target.hpp"

namespace goro::http {

using namespace detail;

request::request(std::string_view method, std::string_view url_text, std::string body) : method_(method) {
  const std::optional<url> parsed = url::parse(url_text);
  if (!parsed || !is_token(method)) {
    throw std::system_error(errc::bad_url, "\"" + std::string(url_text) + "\"");
  }
  scheme_ = parsed->scheme;
  host_ = parsed->host;
  target_ = parsed->target();
  raw_path_ = parsed->path;
  raw_query_ = parsed->query;
  path_ = unescape(raw_path_).value_or(raw_path_);
  if (!body.empty()) {
    set_body(std::move(body));
  }
}

request::request(request&&) noexcept = default;
request& request::operator=(request&&) noexcept = default;
request::~request() = default;

void request::clear() noexcept {
  headers_.clear();
  trailer_.clear();
  pattern_.clear();
  path_value_count_ = 0;
  ctx_.reset();
  own_body_.reset();
}

// Takes target_ apart. False when it is no target of this method, or has a broken escape in its path.
bool request::assign_target() {
  request_target parts;
  if (!parse_target(method_, target_, parts)) {
    return false;
  }
  raw_path_ = parts.path;
  raw_query_ = parts.query;
  host_ = parts.authority.empty() ? headers_.get("host") : parts.authority;
  path_.clear();
  return unescape_onto(path_, raw_path_, false);
}

bool request::set_path(std::string_view escaped) {
  std::optional<std::string> plain = unescape(escaped);
  if (!plain) {
    return false;
  }
  raw_path_ = std::string(escaped);  // may be a part of itself
  path_ = std::move(*plain);
  return true;
}

std::string request::query(std::string_view name) const { return query_value(raw_query_, name).value_or(""); }
std::vector<std::string> request::query_values(std::string_view name) const {
  return http::query_values(raw_query_, name);
}
bool request::has_query(std::string_view name) const { return query_value(raw_query_, name).has_value(); }

std::string_view request::path_value(std::string_view name) const noexcept {
  for (std::size_t i = 0; i < path_value_count_; ++i) {
    if (path_values_[i].first == name) {
      return path_values_[i].second;
    }
  }
  return {};
}

void request::set_path_value(std::string_view name, std::string_view value) {
  for (std::size_t i = 0; i < path_value_count_; ++i) {
    if (path_values_[i].first == name) {
      path_values_[i].second = value;
      return;
    }
  }
  if (path_value_count_ == path_values_.size()) {
    path_values_.emplace_back();
  }
  auto& [key, text] = path_values_[path_value_count_++];
  key = name;
  text = value;
}

std::optional<std::pair<std::string, std::string>> request::basic_auth() const {
  const std::string_view value = header("Authorization");
  if (!same_ignoring_case(value.substr(0, 6), "basic ")) {
    return std::nullopt;
  }
  const std::optional<std::string> decoded = decode_base64(value.substr(6));
  const std::size_t colon = decoded ? decoded->find(':') : std::string::npos;
  if (colon == std::string::npos) {
    return std::nullopt;
  }
  return std::pair(decoded->substr(0, colon), decoded->substr(colon + 1));
}

std::optional<std::string> request::cookie(std::string_view name) const {
  for (const header_field field : headers_) {
    if (field.name != "Cookie") {
      continue;
    }
    for (std::string_view rest = field.value; !rest.empty();) {
      const std::size_t end = rest.find(';');
      const std::string_view pair = trim(rest.substr(0, end));
      rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
      const std::size_t equals = pair.find('=');
      if (equals != std::string_view::npos && pair.substr(0, equals) == name) {
        return std::string(pair.substr(equals + 1));
      }
    }
  }
  return std::nullopt;
}

reader& request::body() noexcept {
  if (own_body_) {
    return *own_body_;
  }
  return exchange_ != nullptr ? exchange_->body() : empty_reader();
}

void request::limit_body(std::uint64_t bytes) noexcept {
  if (exchange_ != nullptr) {
    exchange_->limit_body(bytes);
  }
}

void request::set_body(std::string body) {
  const auto length = static_cast<std::int64_t>(body.size());
  set_body(std::make_unique<string_reader>(std::move(body)), length);
}

void request::set_body(std::unique_ptr<reader> body, std::int64_t length) {
  own_body_ = std::move(body);
  content_length_ = length;
}

const context& request::ctx() {
  if (!ctx_ && exchange_ == nullptr) {
    ctx_.emplace();
  }
  return ctx_ ? *ctx_ : exchange_->request_context();
}

void request::set_ctx(context ctx) noexcept { ctx_ = std::move(ctx); }

}  // namespace goro::http
