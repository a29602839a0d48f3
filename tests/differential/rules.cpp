// Who accepts what goro refuses.
#include "differential/rules.hpp"

#include <algorithm>
#include <regex>

#include "http/characters.hpp"

namespace goro::http::detail {
namespace {

template <class Predicate>
bool any_line(const disagreement& d, Predicate p) {
  return std::any_of(d.raw.lines.begin(), d.raw.lines.end(), p);
}

template <class Predicate>
bool any_value(const disagreement& d, std::string_view name, Predicate p) {
  const std::vector<std::string_view> values = d.raw.values(name);
  return std::any_of(values.begin(), values.end(), p);
}

template <class Predicate>
bool any_trailer(const disagreement& d, Predicate p) {
  return std::any_of(d.other.trailers.begin(), d.other.trailers.end(),
                     [&](const auto& field) { return p(field.first, field.second); });
}

bool is_control(char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; }

std::string_view last_word(std::string_view line) { return line.substr(line.rfind(' ') + 1); }
std::string_view first_word(std::string_view line) { return line.substr(0, line.find(' ')); }
std::string_view middle_words(std::string_view line) {
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  return first == last ? std::string_view{} : line.substr(first + 1, last - first - 1);
}
bool is_version(std::string_view word) {
  return word.size() == 8 && word.starts_with("HTTP/") && is(word[5], digit_char) && word[6] == '.' &&
         is(word[7], digit_char);
}

bool line_feed_alone(const disagreement& d) {
  const std::string_view taken = d.raw.text.substr(0, std::max(d.other.end, d.goro.end) + 1);
  for (std::size_t i = 0; i < taken.size(); ++i) {
    if (taken[i] == '\n' && (i == 0 || taken[i - 1] != '\r')) {
      return true;
    }
  }
  return false;
}

bool folded_line(const disagreement& d) {
  const std::string_view taken = d.raw.text.substr(0, d.other.end);
  return taken.find("\r\n ") != std::string_view::npos || taken.find("\r\n\t") != std::string_view::npos;
}

bool blank_before_colon(const disagreement& d) {
  const auto wrong = [](std::string_view name) { return !name.empty() && is_blank(name.back()); };
  return any_line(d,
                  [&](std::string_view line) { return name_of(line).size() < line.size() && wrong(name_of(line)); }) ||
         any_trailer(d, [&](std::string_view name, std::string_view) { return wrong(name); });
}

bool name_of_other_characters(const disagreement& d) {
  return any_line(d, [](std::string_view line) { return !is_token(name_of(line)); }) ||
         any_trailer(d, [](std::string_view name, std::string_view) { return !is_token(name); });
}

bool not_three_words(const disagreement& d) {
  const std::string_view line = d.raw.start_line;
  const std::string_view target = middle_words(line);
  return target.empty() || target.find(' ') != std::string_view::npos || first_word(line).empty();
}

bool two_empty_lines_before(const disagreement& d) { return d.raw.text.starts_with("\r\n\r\n"); }

bool high_byte_in_target(const disagreement& d) {
  const std::string_view target = middle_words(d.raw.start_line);
  return std::any_of(target.begin(), target.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
}
bool control_in_target(const disagreement& d) {
  const std::string_view target = middle_words(d.raw.start_line);
  return std::any_of(target.begin(), target.end(), [](char c) { return is_control(c) || c == '\t'; });
}
bool fragment_in_target(const disagreement& d) {
  return middle_words(d.raw.start_line).find('#') != std::string_view::npos;
}
bool several_words_in_target(const disagreement& d) {
  return middle_words(d.raw.start_line).find(' ') != std::string_view::npos;
}

std::string_view authority_of(std::string_view target) {
  const std::size_t at = target.find("://");
  if (at == std::string_view::npos) {
    return {};
  }
  target.remove_prefix(at + 3);
  return target.substr(0, target.find_first_of("/?"));
}

// RFC 9112 section 3.2: origin-form, absolute-form, authority-form only with CONNECT, asterisk-form only with OPTIONS.
bool target_of_no_form(const disagreement& d) {
  const std::string_view method = first_word(d.raw.start_line);
  const std::string_view target = middle_words(d.raw.start_line);
  if (method == "CONNECT") {
    return target.find(':') == std::string_view::npos || !all(target, host_char);
  }
  if (target == "*") {
    return method != "OPTIONS";
  }
  const std::string_view scheme = target.substr(0, target.find("://"));
  const bool absolute = same_ignoring_case(scheme, "http") || same_ignoring_case(scheme, "https");
  return !target.starts_with('/') && !(absolute && scheme.size() < target.size());
}
bool bad_authority_in_target(const disagreement& d) {
  const std::string_view target = middle_words(d.raw.start_line);
  const std::string_view authority = authority_of(target);
  return !target.starts_with('/') && (authority.empty() || !all(authority, host_char));
}

bool other_major_version(const disagreement& d) {
  const std::string_view version = last_word(d.raw.start_line);
  return is_version(version) && version[5] != '1';
}

bool no_host(const disagreement& d) {
  return d.raw.values("host").empty() && last_word(d.raw.start_line) != "HTTP/1.0";
}
bool two_hosts(const disagreement& d) { return d.raw.values("host").size() > 1; }
bool host_of_other_characters(const disagreement& d) {
  return any_value(d, "host", [](std::string_view value) { return !all(value, host_char); });
}

bool two_lengths(const disagreement& d) { return d.raw.values("content-length").size() > 1; }
bool list_of_lengths(const disagreement& d) {
  return any_value(d, "content-length",
                   [](std::string_view value) { return value.find(',') != std::string_view::npos; });
}
bool has_folded(const disagreement& d, std::string_view name) {
  for (std::size_t i = 0; i + 1 < d.raw.lines.size(); ++i) {
    if (same_ignoring_case(trim(name_of(d.raw.lines[i])), name) && d.raw.lines[i + 1].find_first_of(" \t") == 0) {
      return true;
    }
  }
  return false;
}
bool folded_length(const disagreement& d) { return has_folded(d, "content-length"); }
bool folded_coding(const disagreement& d) { return has_folded(d, "transfer-encoding"); }
bool enormous_length(const disagreement& d) {
  return any_value(d, "content-length", [](std::string_view value) {
    value.remove_prefix(std::min(value.find_first_not_of('0'), value.size()));
    return value.size() > 19 || (value.size() == 19 && value > "9223372036854775807");
  });
}
bool is_chunked(std::string_view coding) { return same_ignoring_case(coding, "chunked"); }
bool coding_behind_chunked(const disagreement& d) {
  std::vector<std::string_view> codings;
  for (const std::string_view value : d.raw.values("transfer-encoding")) {
    for_each_element(value, [&](std::string_view coding) { codings.push_back(coding); });
  }
  const auto first = std::find_if(codings.begin(), codings.end(), is_chunked);
  return codings.end() - first > 1;
}
bool coding_but_no_chunked(const disagreement& d) {
  return any_value(d, "transfer-encoding", [](std::string_view value) { return !has_token(value, "chunked"); });
}
bool coding_before_chunked(const disagreement& d) {
  return any_value(d, "transfer-encoding", [](std::string_view value) {
    return !is_chunked(value) && is_chunked(trim(value.substr(value.rfind(',') + 1)));
  });
}
bool empty_element_in_codings(const disagreement& d) {
  return any_value(d, "transfer-encoding", [](std::string_view value) {
    return value.starts_with(',') || value.ends_with(',') || value.empty();
  });
}
bool two_codings(const disagreement& d) { return d.raw.values("transfer-encoding").size() > 1; }
bool coding_in_1_0(const disagreement& d) {
  return last_word(d.raw.start_line) == "HTTP/1.0" && !d.raw.values("transfer-encoding").empty();
}

bool other_expectation(const disagreement& d) {
  return any_value(d, "expect", [](std::string_view value) { return !same_ignoring_case(value, "100-continue"); });
}

bool connect_with_content(const disagreement& d) {
  return first_word(d.raw.start_line) == "CONNECT" &&
         (!d.raw.values("content-length").empty() || !d.raw.values("transfer-encoding").empty());
}

bool coding_that_is_no_token(const disagreement& d) {
  return any_value(d, "transfer-encoding", [](std::string_view value) {
    bool wrong = false;
    for_each_element(value,
                     [&](std::string_view coding) { wrong = wrong || !is_token(coding.substr(0, coding.find(';'))); });
    return wrong;
  });
}

template <class Predicate>
bool any_size_line(const disagreement& d, Predicate p) {
  const std::vector<std::string_view> lines = size_lines(d);
  return std::any_of(lines.begin(), lines.end(), p);
}

std::string_view behind_digits(std::string_view line) {
  return line.substr(std::min(line.find_first_not_of("0123456789abcdefABCDEF"), line.size()));
}

bool chunk_size_of_many_digits(const disagreement& d) {
  return any_size_line(d, [](std::string_view line) { return line.size() - behind_digits(line).size() > 15; });
}
bool chunk_without_line_end(const disagreement& d) {
  bool missing = false;
  size_lines(d, &missing);
  return missing;
}
bool extension_of_other_form(const disagreement& d) {
  static const std::regex form(R"(([ \t]*;[ \t]*[-!#$%&'*+.^_`|~0-9A-Za-z]+([ \t]*=[ \t]*([-!#$%&'*+.^_`|~0-9A-Za-z]+|)"
                               R"("([^"\\]|\\.)*"))?)*)");
  return any_size_line(d, [](std::string_view line) {
    const std::string_view extensions = behind_digits(line);
    return !std::regex_match(extensions.begin(), extensions.end(), form);
  });
}
bool control_in_extension(const disagreement& d) {
  return any_size_line(d, [](std::string_view line) { return std::any_of(line.begin(), line.end(), is_control); });
}

bool framing_in_trailers(const disagreement& d) {
  return any_trailer(d, [](std::string_view name, std::string_view) {
    return same_ignoring_case(name, "content-length") || same_ignoring_case(name, "transfer-encoding");
  });
}
bool routing_in_trailers(const disagreement& d) {
  return any_trailer(d, [](std::string_view name, std::string_view) {
    return same_ignoring_case(name, "host") || same_ignoring_case(name, "connection") ||
           same_ignoring_case(name, "trailer");
  });
}

constexpr rule accepted_by_others[] = {
    {both, "bare LF as the end of a line", "9112 2.2", line_feed_alone, refusal::bare_line_feed},
    {llhttp, "any byte for the last LF of the head", "9112 2.1", carriage_return_alone, refusal::bare_line_feed},
    {llhttp, "bare CR inside a line", "9112 2.2", carriage_return_alone, refusal::bare_carriage_return},
    {both, "folded line", "9112 5.2", folded_line, refusal::folded_line},
    {llhttp, "blank before the colon", "9112 5.1", blank_before_colon, refusal::space_before_colon},
    {llhttp, "field name that is no token", "9110 5.1", name_of_other_characters, refusal::bad_field_name},
    {llhttp, "not two single spaces in the request line", "9112 3", not_three_words, refusal::bad_request_line},
    {llhttp, "several empty lines before the request", "9112 2.2", two_empty_lines_before, refusal::bad_request_line},
    {both, "byte from 0x80 on in the target", "9112 3.2", high_byte_in_target, refusal::bad_target},
    {llhttp, "control character in the target", "9112 3.2", control_in_target, refusal::bad_target},
    {both, "fragment in the target", "9112 3.2", fragment_in_target, refusal::bad_target},
    {llhttp, "space in the target", "9112 3.2", several_words_in_target, refusal::bad_target},
    {both, "target of none of the four forms", "9112 3.2", target_of_no_form, refusal::bad_target},
    {both, "user, or no host, in the target's authority", "9110 4.2", bad_authority_in_target, refusal::bad_target},
    {llhttp, "HTTP/2.0 and 0.9", "9110 2.5", other_major_version, refusal::unsupported_version},
    {both, "no Host", "9112 3.2", no_host, refusal::missing_host},
    {both, "more than one Host", "9112 3.2", two_hosts, refusal::repeated_host},
    {both, "Host that is none", "9112 3.2", host_of_other_characters, refusal::bad_host},
    {beast, "more than one Content-Length", "9112 6.3", two_lengths, refusal::repeated_length},
    {beast, "list of lengths", "9112 6.3", list_of_lengths, refusal::bad_length},
    {llhttp, "length beyond 63 bits of a CONNECT", "9110 8.6", enormous_length, refusal::bad_length},
    {both, "length on a folded line", "9112 5.2", folded_length, refusal::bad_length},
    {both, "coding on a folded line", "9112 5.2", folded_coding, refusal::bad_coding},
    {both, "a coding behind chunked", "9112 6.1", coding_behind_chunked, refusal::bad_coding},
    {both, "more than one Transfer-Encoding", "9112 6.1", two_codings, refusal::bad_coding},
    {both, "empty Transfer-Encoding, or an empty element in it", "9112 11.2", empty_element_in_codings,
     refusal::bad_coding},
    {both, "a coding that is no token", "9112 7", coding_that_is_no_token, refusal::bad_coding},
    {both, "an unknown coding alone", "9112 6.1", coding_but_no_chunked, refusal::unsupported_coding},
    {both, "empty element beside unknown codings", "9112 11.2", empty_element_in_codings, refusal::unsupported_coding},
    {both, "an unknown coding before chunked", "9112 6.1", coding_before_chunked, refusal::unsupported_coding},
    {both, "Transfer-Encoding in HTTP/1.0", "9112 6.1", coding_in_1_0, refusal::coding_in_old_version},
    {both, "CONNECT with content", "9110 9.3.6", connect_with_content, refusal::content_of_connect},
    {both, "unknown expectation", "9110 10.1.1", other_expectation, refusal::bad_expectation},
    {llhttp, "any byte for the LF behind a chunk size", "9112 7.1", carriage_return_alone, refusal::bad_chunk_size},
    {both, "chunk size of more than 15 digits", "9112 7.1", chunk_size_of_many_digits, refusal::bad_chunk_size},
    {llhttp, "no CR LF behind a chunk", "9112 7.1", chunk_without_line_end, refusal::bad_chunk_end},
    {llhttp, "chunk extension without name or value", "9112 7.1.1", extension_of_other_form,
     refusal::bad_chunk_extension},
    {both, "control character in a chunk extension", "9112 7.1.1", control_in_extension, refusal::bad_chunk_extension},
    {llhttp, "length or coding in the trailers", "9110 6.5.1", framing_in_trailers, refusal::forbidden_trailer},
    {both, "Host, Connection or Trailer in the trailers", "9110 6.5.1", routing_in_trailers,
     refusal::forbidden_trailer},
};

}  // namespace

std::span<const rule> takes_more_rules() { return accepted_by_others; }

}  // namespace goro::http::detail
