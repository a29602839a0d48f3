// libFuzzer: what goro, Beast and llhttp make of the same bytes. A disagreement that no rule knows is a crash.
#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "differential/comparison.hpp"
#include "differential/mutation.hpp"

using namespace goro::http::detail;

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

// Half of the mutations are libFuzzer's own, which know the dictionary and what the coverage says; the others know what
// a request looks like.
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                               unsigned int seed) {
  number_source numbers(seed);
  if (numbers.below(2) == 0) {
    return LLVMFuzzerMutate(data, size, max_size);
  }
  std::string text(reinterpret_cast<const char*>(data), size);
  mutate(text, numbers);
  const std::size_t n = std::min(text.size(), max_size);
  std::copy_n(text.data(), n, data);
  return n;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static tally counts;
  const std::string unknown = compare({reinterpret_cast<const char*>(data), size}, counts);
  if (!unknown.empty()) {
    std::fprintf(stderr, "broken: a disagreement that no rule knows\n%s", unknown.c_str());
    std::abort();
  }
  return 0;
}
