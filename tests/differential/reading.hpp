// What one parser makes of a text that begins with a request: of the first request only.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/refusal.hpp"

namespace goro::http::detail {

enum class verdict { accepted, incomplete, refused };

struct reading {
  verdict outcome = verdict::incomplete;
  std::string method, target, body;
  std::vector<std::pair<std::string, std::string>> fields, trailers;
  std::size_t end = 0;  // bytes that the request takes
  bool keep_alive = false;
  refusal why = refusal::none;  // goro's, if refused
  std::string reason;           // the same, in the parser's words
};

// No request of the comparison is longer, so that nobody's limits matter.
inline constexpr std::size_t longest_text = 4000;

reading read_with_goro(std::string_view text);
reading read_with_beast(std::string_view text);
reading read_with_llhttp(std::string_view text);

}  // namespace goro::http::detail
