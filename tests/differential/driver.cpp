// usage: http_differential [MUTATIONS [SEED]]     The smuggling corpus and so many mutations of it, the same in every
//                                                 run, through all three
// parsers. Prints the table of docs/HTTP.md. Ends with status 1 at the first disagreement that no rule knows, and when
// a rule was not needed.
#include <cinttypes>
#include <cstdio>
#include <cstdlib>

#include "differential/comparison.hpp"
#include "differential/mutation.hpp"
#include "unit/http/smuggling_corpus.hpp"

namespace {

using namespace goro::http::detail;

std::uint64_t count_of(const std::map<const rule*, std::uint64_t>& counts, const rule& r) {
  const auto found = counts.find(&r);
  return found == counts.end() ? 0 : found->second;
}

// Returns how many rules were not needed.
int print_rules(const char* title, std::span<const rule> rules, const tally& counts) {
  int idle = 0;
  std::printf("| %s | RFC | Beast | llhttp |\n|---|---|---|---|\n", title);
  for (const rule& r : rules) {
    const std::uint64_t by_beast = count_of(counts.beast, r);
    const std::uint64_t by_llhttp = count_of(counts.llhttp, r);
    std::printf("| %.*s | %.*s | %" PRIu64 " | %" PRIu64 " |\n", static_cast<int>(r.name.size()), r.name.data(),
                static_cast<int>(r.section.size()), r.section.data(), by_beast, by_llhttp);
    const bool needed = by_beast + by_llhttp > 0;
    if (!needed) {
      std::printf("not needed: %.*s\n", static_cast<int>(r.name.size()), r.name.data());
      ++idle;
    }
  }
  std::printf("\n");
  return idle;
}

bool check(std::string_view text, tally& counts) {
  const std::string unknown = compare(text, counts);
  if (!unknown.empty()) {
    std::printf("a disagreement that no rule knows:\n%s", unknown.c_str());
  }
  return unknown.empty();
}

}  // namespace

int main(int argc, char** argv) {
  const std::uint64_t mutations = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1'000'000;
  number_source numbers(argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1);
  tally counts;
  int unknown = 0;
  for (const corpus_entry& entry : smuggling_corpus) {
    unknown += check(entry.message, counts) ? 0 : 1;
  }
  for (std::uint64_t i = 0; i < mutations && unknown < 20; ++i) {
    std::string text(random_seed(numbers));
    for (std::size_t n = numbers.below(3); n < 3; ++n) {
      mutate(text, numbers);
    }
    unknown += check(text, counts) ? 0 : 1;
  }
  int idle = print_rules("accepted by others, refused by goro", takes_more_rules(), counts);
  idle += print_rules("accepted by goro, refused by others", takes_less_rules(), counts);
  idle += print_rules("read differently", reads_otherwise_rules(), counts);
  std::printf("%" PRIu64 " requests, %" PRIu64 " accepted by goro, %" PRIu64 " by all\n", counts.requests,
              counts.accepted_by_goro, counts.accepted_by_all);
  if (idle > 0) {
    std::printf("%d rules were not needed\n", idle);
  }
  return unknown > 0 || (idle > 0 && mutations >= 1'000'000) ? 1 : 0;
}
