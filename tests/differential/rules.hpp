// The known disagreements between goro's parser and the two others. Each has a name, what the RFCs say about it, and a
// condition that looks at the bytes themselves, not at what goro made of them: if goro refuses a message that is right,
// or for a wrong reason, no rule holds.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "differential/reading.hpp"

namespace goro::http::detail {

using parser_set = std::uint8_t;
inline constexpr parser_set beast = 1;
inline constexpr parser_set llhttp = 2;
inline constexpr parser_set both = beast | llhttp;

// What they can read differently in a message that both accept, or of which one has not seen the end.
enum aspect : unsigned {
  of_method = 1,
  of_target = 2,
  of_fields = 4,
  of_body = 8,  // and of where the message ends
  of_persistence = 16,
  of_trailers = 32,
};

// A text cut into lines, without any opinion about it.
struct raw_message {
  explicit raw_message(std::string_view text);

  std::string_view text;
  std::string_view head;                // up to the empty line, in which CR LF ends lines
  std::string_view start_line;          // behind empty lines
  std::vector<std::string_view> lines;  // the field lines
  std::string_view rest;                // behind the empty line

  // Values of the fields of this name, blanks around them and before the colon taken off.
  std::vector<std::string_view> values(std::string_view name) const;
};

struct disagreement {
  raw_message raw;
  const reading& goro;
  const reading& other;
};

// The parts of a field line; the value without the blanks around it.
std::string_view name_of(std::string_view line);
std::string_view value_of(std::string_view line);

// In what the other parser took.
bool carriage_return_alone(const disagreement& d);

// The lines before the chunks, of whatever form, as far as sizes can be seen in them; and whether what should end a
// chunk is missing.
std::vector<std::string_view> size_lines(const disagreement& d, bool* line_end_missing = nullptr);

struct rule {
  parser_set who;
  std::string_view name;
  std::string_view section;  // "9112 5.2": the one that makes goro right
  bool (*holds)(const disagreement&);
  refusal why = refusal::none;  // takes_more_rules: goro's reason
  unsigned aspects = 0;         // reads_otherwise_rules: what it explains
};

std::span<const rule> takes_more_rules();       // goro refuses, the other accepts
std::span<const rule> takes_less_rules();       // the other refuses
std::span<const rule> reads_otherwise_rules();  // neither

}  // namespace goro::http::detail
