// Who refuses what goro accepts, and who reads otherwise what both accept.
#include <llhttp.h>

#include <algorithm>
#include <iterator>

#include "differential/rules.hpp"
#include "http/characters.hpp"

namespace goro::http::detail {
namespace {

bool empty_line_before(const disagreement& d) { return d.raw.text.starts_with("\r\n"); }

bool later_minor_version(const disagreement& d) {
  return d.raw.start_line.find(" HTTP/1.") != std::string_view::npos && d.raw.start_line.back() >= '2' &&
         d.raw.start_line.back() <= '9';
}

bool method_unknown_to_llhttp(const disagreement& d) {
  static constexpr std::string_view known[] = {
#define METHOD_NAME(number, name, text) #text,
      HTTP_METHOD_MAP(METHOD_NAME)
#undef METHOD_NAME
  };
  return std::find(std::begin(known), std::end(known), d.goro.method) == std::end(known);
}

bool any_size_line_has(const disagreement& d, std::string_view characters) {
  const std::vector<std::string_view> lines = size_lines(d);
  return std::any_of(lines.begin(), lines.end(),
                     [&](std::string_view line) { return line.find_first_of(characters) != std::string_view::npos; });
}
bool blanks_in_extension(const disagreement& d) { return any_size_line_has(d, " \t"); }
bool escape_in_extension(const disagreement& d) { return any_size_line_has(d, "\\"); }

bool extension_behind_value(const disagreement& d) {
  const std::vector<std::string_view> lines = size_lines(d);
  return std::any_of(lines.begin(), lines.end(), [](std::string_view line) {
    const std::size_t equals = line.find('=');
    return equals != std::string_view::npos && line.find(';', equals) != std::string_view::npos;
  });
}

bool is_token_list(std::string_view value) {
  bool tokens = true;
  for_each_element(value, [&](std::string_view element) { tokens = tokens && is_token(element); });
  return tokens;
}

bool connection_of_no_tokens(const disagreement& d) {
  for (const auto* const fields : {&d.goro.fields, &d.goro.trailers}) {
    for (const auto& [name, value] : *fields) {
      const bool counts = same_ignoring_case(name, "connection") || same_ignoring_case(name, "proxy-connection");
      if (counts && !is_token_list(value)) {
        return true;
      }
    }
  }
  return false;
}

bool blanks_kept_behind_value(const disagreement& d) {
  const auto same = [](const auto& a, const auto& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](const auto& x, const auto& y) { return x.first == y.first && x.second == trim(y.second); });
  };
  return same(d.goro.fields, d.other.fields) && same(d.goro.trailers, d.other.trailers);
}

bool has_option(const disagreement& d, std::string_view name, std::string_view option) {
  return std::any_of(d.goro.fields.begin(), d.goro.fields.end(), [&](const auto& field) {
    return same_ignoring_case(field.first, name) && has_token(field.second, option);
  });
}

bool proxy_connection(const disagreement& d) {
  const auto is_one = [](const auto& field) { return same_ignoring_case(field.first, "proxy-connection"); };
  return std::any_of(d.goro.fields.begin(), d.goro.fields.end(), is_one) ||
         std::any_of(d.goro.trailers.begin(), d.goro.trailers.end(), is_one);
}

bool tab_behind_framing_value(const disagreement& d) {
  return std::any_of(d.raw.lines.begin(), d.raw.lines.end(), [](std::string_view line) {
    const std::string_view name = name_of(line);
    return (same_ignoring_case(name, "content-length") || same_ignoring_case(name, "transfer-encoding")) &&
           line.substr(line.find_last_not_of(" \t")).find('\t') != std::string_view::npos;
  });
}
bool close_and_keep_alive_in_1_0(const disagreement& d) {
  return d.raw.start_line.ends_with("HTTP/1.0") && has_option(d, "connection", "close") &&
         has_option(d, "connection", "keep-alive");
}

constexpr rule refused_by_others[] = {
    {beast, "empty line before the request", "9112 2.2", empty_line_before},
    {llhttp, "method that llhttp does not know", "9110 9.1", method_unknown_to_llhttp},
    {beast, "Connection that is no list of tokens", "9110 2.4", connection_of_no_tokens},
    {llhttp, "tab behind a length or coding", "9110 5.5", tab_behind_framing_value},
    {llhttp, "escaped character in a chunk extension", "9110 5.6.4", escape_in_extension},
    {llhttp, "another chunk extension behind a value", "9112 7.1.1", extension_behind_value},
    {llhttp, "blanks around a chunk extension's marks", "9112 7.1.1", blanks_in_extension},
    {both, "later minor version", "9110 2.5", later_minor_version},
};

bool tab_beside_option(const disagreement& d) {
  return std::any_of(d.raw.lines.begin(), d.raw.lines.end(), [](std::string_view line) {
    return same_ignoring_case(name_of(line), "connection") && line.find('\t') != std::string_view::npos;
  });
}

bool method_of_http_2(const disagreement& d) {
  return d.goro.method == "PRI" && d.other.outcome == verdict::incomplete;
}

constexpr rule otherwise[] = {
    {llhttp, "PRI is taken for HTTP/2's first bytes", "9110 9.1", method_of_http_2, refusal::none, of_body},
    {llhttp, "any byte for the last LF of the head", "9112 2.1", carriage_return_alone, refusal::none, of_body},
    {both, "close and keep-alive in HTTP/1.0: kept", "9112 9.3", close_and_keep_alive_in_1_0, refusal::none,
     of_persistence},
    {llhttp, "tab behind an option of Connection: passed over", "9110 5.6.3", tab_beside_option, refusal::none,
     of_persistence},
    {both, "Proxy-Connection counts as Connection", "9112 C.2.2", proxy_connection, refusal::none, of_persistence},
    {llhttp, "blanks behind a value belong to it", "9110 5.5", blanks_kept_behind_value, refusal::none,
     of_fields | of_trailers},
};

}  // namespace

std::span<const rule> takes_less_rules() { return refused_by_others; }
std::span<const rule> reads_otherwise_rules() { return otherwise; }

}  // namespace goro::http::detail
