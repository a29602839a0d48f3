#include "http/target.hpp"

#include "http/characters.hpp"

namespace goro::http::detail {
namespace {

void split_path(std::string_view text, request_target& result) noexcept {
  const std::size_t question = text.find('?');
  result.path = text.substr(0, question);
  result.query = question == std::string_view::npos ? std::string_view{} : text.substr(question + 1);
}

bool parse_absolute(std::string_view target, request_target& result) noexcept {
  const std::size_t colon = target.find("://");
  if (colon == std::string_view::npos ||
      !(same_ignoring_case(target.substr(0, colon), "http") || same_ignoring_case(target.substr(0, colon), "https"))) {
    return false;
  }
  target.remove_prefix(colon + 3);
  const std::size_t end = target.find_first_of("/?");
  result.authority = target.substr(0, end);
  split_path(end == std::string_view::npos ? std::string_view{} : target.substr(end), result);
  if (result.path.empty()) {
    result.path = "/";
  }
  return !result.authority.empty() && all(result.authority, host_char);
}

}  // namespace

bool parse_target(std::string_view method, std::string_view target, request_target& result) noexcept {
  result = {};
  if (method == "CONNECT") {
    result.authority = target;
    return all(target, host_char) && target.find(':') != std::string_view::npos;
  }
  if (target[0] == '/') {
    split_path(target, result);
    return true;
  }
  if (target == "*") {
    result.path = target;
    return method == "OPTIONS";
  }
  return parse_absolute(target, result);
}

}  // namespace goro::http::detail
