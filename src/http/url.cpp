#include "goro/http/url.hpp"

#include "http/characters.hpp"
#include "http/target.hpp"

namespace goro::http {

using namespace detail;

namespace {

constexpr bool is_unreserved(char c) noexcept {
  const char small = lower(c);
  return (small >= 'a' && small <= 'z') || is(c, digit_char) || c == '-' || c == '_' || c == '.' || c == '~';
}

void append_escaped(std::string& out, char c) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  const auto byte = static_cast<unsigned char>(c);
  out += '%';
  out += digits[byte >> 4];
  out += digits[byte & 15];
}

// Calls f(name, value), both still escaped, for each pair; f returns true to stop.
template <class F>
void for_each_pair(std::string_view query, F f) {
  while (!query.empty()) {
    const std::size_t end = query.find('&');
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(end == std::string_view::npos ? query.size() : end + 1);
    if (pair.empty() || pair.find(';') != std::string_view::npos) {
      continue;
    }
    const std::size_t equals = pair.find('=');
    const std::string_view value = equals == std::string_view::npos ? std::string_view{} : pair.substr(equals + 1);
    if (f(pair.substr(0, equals), value)) {
      return;
    }
  }
}

template <class F>
void for_each_value(std::string_view query, std::string_view name, F f) {
  for_each_pair(query, [&](std::string_view key, std::string_view value) {
    const bool plain = key.find_first_of("%+") == std::string_view::npos;
    if (plain ? key != name : unescape(key, true) != name) {
      return false;
    }
    auto text = unescape(value, true);
    return text.has_value() && f(std::move(*text));
  });
}

std::string_view without_fragment(std::string_view text) noexcept { return text.substr(0, text.find('#')); }

}  // namespace

namespace detail {

bool unescape_onto(std::string& out, std::string_view text, bool plus_is_space) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      if (i + 2 >= text.size() || !is(text[i + 1], hex_char) || !is(text[i + 2], hex_char)) {
        return false;
      }
      out += static_cast<char>(hex_value(text[i + 1]) << 4 | hex_value(text[i + 2]));
      i += 2;
    } else {
      out += text[i] == '+' && plus_is_space ? ' ' : text[i];
    }
  }
  return true;
}

bool is_clean_path(std::string_view path) noexcept {
  if (path.empty() || path[0] != '/') {
    return false;
  }
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (path[i] != '/') {
      continue;
    }
    const std::string_view rest = path.substr(i + 1);
    const bool dots = rest == "." || rest == ".." || rest.starts_with("./") || rest.starts_with("../");
    if (dots || rest.starts_with("/")) {
      return false;
    }
  }
  return true;
}

}  // namespace detail

std::optional<std::string> unescape(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  if (!unescape_onto(out, text, plus_is_space)) {
    return std::nullopt;
  }
  return out;
}

std::string path_escape(std::string_view text) {
  constexpr std::string_view allowed = "$&+=:@";
  std::string out;
  for (const char c : text) {
    if (is_unreserved(c) || allowed.find(c) != std::string_view::npos) {
      out += c;
    } else {
      append_escaped(out, c);
    }
  }
  return out;
}

std::string query_escape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (is_unreserved(c)) {
      out += c;
    } else if (c == ' ') {
      out += '+';
    } else {
      append_escaped(out, c);
    }
  }
  return out;
}

std::optional<std::string> query_value(std::string_view query, std::string_view name) {
  std::optional<std::string> found;
  for_each_value(query, name, [&](std::string value) {
    found = std::move(value);
    return true;
  });
  return found;
}

std::vector<std::string> query_values(std::string_view query, std::string_view name) {
  std::vector<std::string> found;
  for_each_value(query, name, [&](std::string value) {
    found.push_back(std::move(value));
    return false;
  });
  return found;
}

std::string clean_path(std::string_view path) {
  std::string out;
  std::string_view rest = path;
  bool slash_at_end = path.empty();
  while (!rest.empty()) {
    const std::size_t slash = rest.find('/');
    const std::string_view segment = rest.substr(0, slash);
    slash_at_end = slash != std::string_view::npos || segment == "." || segment == "..";
    rest.remove_prefix(slash == std::string_view::npos ? rest.size() : slash + 1);
    if (segment == "..") {
      out.resize(out.empty() ? 0 : out.rfind('/'));
    } else if (!segment.empty() && segment != ".") {
      out += '/';
      out += segment;
    }
  }
  if (slash_at_end || out.empty()) {
    // "/a/." and "/a/.." mean directories, but without a slash at the end Go's path.Clean gives none.
    const bool dots = path.ends_with("/.") || path.ends_with("/..") || path == "." || path == "..";
    if (out.empty() || !dots) {
      out += '/';
    }
  }
  return out;
}

std::optional<url> url::parse(std::string_view text) {
  text = without_fragment(text);
  const std::size_t colon = text.find("://");
  if (colon == std::string_view::npos || !all(text, target_char)) {
    return std::nullopt;
  }
  url result;
  for (const char c : text.substr(0, colon)) {
    result.scheme += lower(c);
  }
  text.remove_prefix(colon + 3);
  const std::size_t end = text.find_first_of("/?");
  result.host = text.substr(0, end);
  const std::string_view rest = end == std::string_view::npos ? std::string_view{} : text.substr(end);
  const std::size_t question = rest.find('?');
  result.path = rest.substr(0, question);
  if (result.path.empty()) {
    result.path = "/";
  }
  if (question != std::string_view::npos) {
    result.query = rest.substr(question + 1);
  }
  if (result.scheme != "http" || result.host.empty() || !all(result.host, host_char)) {
    return std::nullopt;
  }
  return result;
}

std::optional<url> url::resolve(std::string_view reference) const {
  reference = without_fragment(reference);
  if (reference.find("://") != std::string_view::npos) {
    return parse(reference);
  }
  if (reference.starts_with("//")) {
    return parse(scheme + ":" + std::string(reference));
  }
  if (!all(reference, target_char)) {
    return std::nullopt;
  }
  url result = *this;
  const std::size_t question = reference.find('?');
  const std::string_view new_path = reference.substr(0, question);
  if (!new_path.empty()) {
    result.path = new_path[0] == '/' ? clean_path(new_path)
                                     : clean_path(path.substr(0, path.rfind('/') + 1) + std::string(new_path));
  }
  if (question != std::string_view::npos) {
    result.query = reference.substr(question + 1);
  } else if (!new_path.empty()) {
    result.query.clear();
  }
  return result;
}

std::string url::target() const { return query.empty() ? path : path + "?" + query; }

std::string url::to_string() const { return scheme + "://" + host + target(); }

}  // namespace goro::http
