// Help for testing programs that use goroutines.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace goro::testing {

// Fails when goroutines that were started during its life still live at its end.
//
//   TEST(server, stops) {
//     goro::testing::leak_check no_leaks;
//     …
//   }
//
// The destructor waits, up to `grace`, until all have ended that were not there at the construction, whoever started them; it does not wait
// for those that can never go on (debug::leaks()). For the rest it calls `fail` with a report that names each one, what it waits for,
// where it was started, and its calls. Without `fail` the process ends: the report, `fatal error: goroutines leaked`, status 2.
// `fail` may throw only when the destructor does not run for another exception. Blocks the goroutine or the thread. Go has no counterpart
// in its library; its own tests do the same by hand (net/http/main_test.go).
class leak_check {
 public:
  using failure = std::function<void(std::string_view report)>;

  leak_check() : leak_check(failure{}) {}
  explicit leak_check(failure fail, std::chrono::nanoseconds grace = std::chrono::seconds(5));
  leak_check(const leak_check&) = delete;
  leak_check& operator=(const leak_check&) = delete;
  ~leak_check() noexcept(false);

 private:
  // The report of those that are new, and how many of them may still end.
  std::string report(std::size_t& hopeful) const;

  failure fail_;
  std::chrono::nanoseconds grace_;
  std::vector<std::uint64_t> there_before_;  // sorted
};

}  // namespace goro::testing
