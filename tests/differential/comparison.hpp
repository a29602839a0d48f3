// Compares what the parsers make of the same bytes, and classifies each difference by a rule (rules.hpp).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "differential/rules.hpp"

namespace goro::http::detail {

struct tally {
  std::map<const rule*, std::uint64_t> beast, llhttp;  // how often a rule was needed
  std::uint64_t requests = 0;                          // that were compared
  std::uint64_t accepted_by_goro = 0;
  std::uint64_t accepted_by_all = 0;
};

// Compares the first request of the text, and the next ones as long as all agree. Empty, or a description of a
// difference that no rule classifies.
std::string compare(std::string_view text, tally& counts);

// Printable.
std::string quoted(std::string_view text);

}  // namespace goro::http::detail
