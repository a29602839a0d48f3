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
  std::vector<std::uint64_t> ids;
  for (const debug::goroutine_info& g : debug::goroutines()) {
    ids.push_back(g.id);
  }
  return ids;
}

bool contains(const std::vector<std::uint64_t>& sorted, std::uint64_t id) {
  return std::binary_search(sorted.begin(), sorted.end(), id);
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

std::string leak_check::report(std::size_t& hopeful) const {
  if (new_ones().empty()) {
    return {};
  }
  const std::string all = debug::stacks();
  const std::vector<std::uint64_t> left = new_ones();  // some may have ended meanwhile
  hopeful = left.size();
  if (left.empty()) {
    return {};
  }
  for (const debug::leak& l : debug::leaks()) {
    hopeful -= contains(left, l.goroutine.id) ? 1 : 0;
  }
  std::string text =
      "goro: " + std::to_string(left.size()) + (left.size() == 1 ? " goroutine" : " goroutines") + " leaked\n";
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

leak_check::~leak_check() noexcept(false) {
  const base::nanoseconds end = base::local_now_ns() + grace_.count();
  auto pause = std::chrono::microseconds(50);
  std::size_t hopeful = 0;
  std::string text;
  // Looking stops the program, so it is done ever more seldom. It may also take long, on a loaded machine: what counts
  // at the end is a look that began when the time was over.
  for (bool over = false; !(text = report(hopeful)).empty() && hopeful != 0 && !over;) {
    sleep(pause);
    pause = std::min(pause * 2, std::chrono::microseconds(10'000));
    over = base::local_now_ns() >= end;
  }
  if (text.empty()) {
    return;
  }
  if (fail_) {
    fail_(text);
    return;
  }
  base::write_stderr(text + '\n');
  base::fatal_error("goroutines leaked");
}

}  // namespace goro::testing
