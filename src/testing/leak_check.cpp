#include <algorithm>
#include <utility>

#include "base/check.hpp"
#include "base/local_time.hpp"
#include "base/os_seam.hpp"
#include "goro/debug.hpp"
#include "goro/go.hpp"
#include "goro/testing.hpp"
#include "goro/time.hpp"

namespace goro::testing {
namespace {

std::vector<std::uint64_t> living() {
  constexpr int most_tries = 20;
  std::vector<std::uint64_t> ids;
  // Nobody is named when the program could not be stopped in time, on a loaded machine.
  for (int tries = 0; tries < most_tries && ids.empty() && num_goroutine() != 0; ++tries) {
    for (const debug::goroutine_info& g : debug::goroutines()) {
      ids.push_back(g.id);
    }
  }
  return ids;
}

bool contains(const std::vector<std::uint64_t>& sorted, std::uint64_t id) {
  return std::binary_search(sorted.begin(), sorted.end(), id);
}

// Not of those that can never go on.
bool some_may_end(const std::vector<std::uint64_t>& sorted) {
  const std::vector<debug::leak> leaks = debug::leaks();
  const auto certain = std::count_if(leaks.begin(), leaks.end(),
                                     [&sorted](const debug::leak& l) { return contains(sorted, l.goroutine.id); });
  return static_cast<std::size_t>(certain) != sorted.size();
}

// With the traces of those that have not ended since.
std::string report(const std::vector<std::uint64_t>& left) {
  std::string text =
      "goro: " + std::to_string(left.size()) + (left.size() == 1 ? " goroutine" : " goroutines") + " leaked\n";
  const std::string all = debug::stacks();
  for (std::size_t at = 0; at < all.size();) {
    const std::size_t end = std::min(all.find("\n\n", at), all.size() - 1) + 1;
    const std::string_view paragraph(all.data() + at, end - at);
    constexpr std::string_view heading = "goroutine ";
    if (paragraph.starts_with(heading) && contains(left, std::stoull(std::string(paragraph.substr(heading.size()))))) {
      text += '\n';
      text += paragraph;
    }
    at = end + 1;
  }
  return text;
}

}  // namespace

leak_check::leak_check(failure fail, std::chrono::nanoseconds grace)
    : fail_(std::move(fail)), grace_(grace), there_before_(living()) {
  there_before_.push_back(goroutine_id());
  std::sort(there_before_.begin(), there_before_.end());
}

std::vector<std::uint64_t> leak_check::new_ones() const {
  std::vector<std::uint64_t> ids = living();
  std::erase_if(ids, [this](std::uint64_t id) { return contains(there_before_, id); });
  return ids;
}

leak_check::~leak_check() noexcept(false) {
  const base::nanoseconds end = base::local_now_ns() + grace_.count();
  auto pause = std::chrono::microseconds(50);
  std::vector<std::uint64_t> left = new_ones();
  // Looking stops the program, so it is done ever more seldom. It may also take long, on a loaded machine: what counts
  // at the end is a look that began when the time was over.
  for (bool over = false; !left.empty() && !over && some_may_end(left); left = new_ones()) {
    sleep(pause);
    pause = std::min(pause * 2, std::chrono::microseconds(10'000));
    over = base::local_now_ns() >= end;
  }
  if (left.empty()) {
    return;
  }
  const std::string text = report(left);
  if (fail_) {
    fail_(text);
    return;
  }
  base::write_stderr(text + '\n');
  base::fatal_error("goroutines leaked");
}

}  // namespace goro::testing
