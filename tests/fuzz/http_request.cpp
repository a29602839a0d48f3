// libFuzzer: any bytes as a stream of requests. Beside what the sanitizers see it looks for three faults: that it
// matters in which pieces a message arrives, that something is accepted in which another parser could see something
// else, and that a request takes bytes of the next one.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "http/characters.hpp"
#include "unit/http/whole_request.hpp"

namespace {

using namespace goro::http::detail;

void require(bool condition, const char* what) {
  if (!condition) {
    std::fprintf(stderr, "broken: %s\n", what);
    std::abort();
  }
}

// What no accepted message may contain, whatever its meaning.
void check_accepted(const whole_request& r, std::string_view taken) {
  const std::string_view head = taken.substr(0, taken.find("\r\n\r\n"));
  int ends = 0;
  int hosts = 0;
  for (const auto& [name, value] : r.fields) {
    ends += same_ignoring_case(name, "content-length") || same_ignoring_case(name, "transfer-encoding") ? 1 : 0;
    hosts += same_ignoring_case(name, "host") ? 1 : 0;
    require(name.find_first_of(" \t\r\n:") == std::string::npos && !name.empty(), "a name with blanks");
    require(value.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos, "a value with an end of line");
  }
  require(hosts <= 1 && (hosts == 1 || r.minor_version == 0), "not one host");
  require(ends <= 1, "two answers to where it ends");
  for (std::size_t i = 0; i < head.size(); ++i) {
    require(head[i] != '\n' || (i > 0 && head[i - 1] == '\r'), "a bare line feed");
    require(head[i] != '\r' || (i + 1 < head.size() && head[i + 1] == '\n'), "a bare carriage return");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  request_feeder at_once(text, size + 1);
  request_feeder by_one(text, 1);
  request_feeder by_seven(text, 7);
  for (int i = 0; i < 8; ++i) {
    const std::string_view before = at_once.rest();
    const whole_request a = at_once.next(4096);
    const whole_request b = by_one.next(4096);
    const whole_request c = by_seven.next(4096);
    require(a.complete == b.complete && a.complete == c.complete, "pieces decide whether it is complete");
    require((a.why == refusal::none) == (b.why == refusal::none), "pieces decide whether it is refused");
    if (!a.complete) {
      break;
    }
    require(a == b && a == c, "pieces decide what it says");
    require(at_once.rest() == by_one.rest() && at_once.rest() == by_seven.rest(), "pieces decide where it ends");
    const std::string_view taken = before.substr(0, before.size() - at_once.rest().size());
    check_accepted(a, taken);
    const whole_request alone = request_feeder(taken, taken.size()).next(4096);
    require(alone == a, "it depends on what follows");
  }
  return 0;
}
