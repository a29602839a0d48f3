// Requests that are nearly right: the seeds of the smuggling corpus, changed at the places where parsers differ.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace goro::http::detail {

// A sequence of numbers that is the same in every run (SplitMix64).
class number_source {
 public:
  explicit number_source(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next();
  std::size_t below(std::size_t limit) { return limit == 0 ? 0 : static_cast<std::size_t>(next() % limit); }

 private:
  std::uint64_t state_;
};

// One change, to a line, a word or a byte.
void mutate(std::string& text, number_source& numbers);

// One of the corpus' messages, every second time a correct one.
std::string_view random_seed(number_source& numbers);

}  // namespace goro::http::detail
