// Runs each twin, waits until nothing moves any more, and compares the goroutines that are left with those the bug
// leaves: their number, what they wait for, and that they were started in the twin. With names as arguments: those
// alone.
#include "goker.hpp"

#include <goro/goro.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace {

using leaks::twin;

std::vector<twin> all_twins() {
  std::vector<twin> all;
  for (auto* of_kind : {leaks::relock_twins, leaks::lock_order_twins, leaks::chan_twins, leaks::time_twins,
                        leaks::mixed_twins, leaks::group_twins}) {
    const std::vector<twin> some = of_kind();
    all.insert(all.end(), some.begin(), some.end());
  }
  return all;
}

bool was_started_in(const twin& t, const goro::debug::goroutine_info& g) {
  std::string function(t.name);
  std::erase(function, '/');
  return g.created_by.find(function + ":") != std::string::npos || g.created_by.ends_with(function);
}

// What the goroutines of the twin wait for, in order; "" for one that still moves.
std::vector<std::string> waits_of(const twin& t) {
  std::vector<std::string> waits;
  for (const auto& g : goro::debug::goroutines()) {
    if (was_started_in(t, g)) {
      waits.push_back(g.waiting && g.state != "sleep" ? g.state : "");
    }
  }
  std::sort(waits.begin(), waits.end());
  return waits;
}

bool is_as_expected(const twin& t, std::span<const std::string> waits) {
  std::vector<std::string_view> wanted = t.waits;
  std::sort(wanted.begin(), wanted.end());
  return std::equal(wanted.begin(), wanted.end(), waits.begin(), waits.end());
}

// Runs it until only those are left that the bug leaves. True: they are as they should be.
bool run(const twin& t) {
  const std::size_t before = goro::debug::goroutines().size();
  t.run();
  std::vector<std::string> waits;
  bool found = false;
  for (int i = 0; i < 3000 && !found; ++i) {
    goro::sleep(std::chrono::milliseconds(1));
    waits = waits_of(t);
    found = is_as_expected(t, waits) && goro::debug::goroutines().size() == before + t.waits.size();
  }
  const std::vector<goro::debug::leak> all_certain = goro::debug::leaks();
  const auto certain = std::count_if(all_certain.begin(), all_certain.end(),
                                     [&t](const goro::debug::leak& l) { return was_started_in(t, l.goroutine); });
  std::printf("%-18s leaks %zu, %s, %td certain%s\n", t.name.data(), t.waits.size(),
              found ? "found" : "NOT AS EXPECTED", certain, t.lock_cycle ? ", a cycle of locks" : "");
  std::fflush(stdout);
  for (const std::string& w : found ? std::vector<std::string>{} : waits) {
    std::printf("    %s\n", w.empty() ? "(goes on)" : w.c_str());
  }
  return found;
}

}  // namespace

int main(int argc, char** argv) {
  const std::span<char*> only(argv + 1, static_cast<std::size_t>(argc - 1));
  std::size_t programs = 0;
  int failures = 0;
  goro::run([&] {
    for (const twin& t : all_twins()) {
      if (only.empty() || std::find(only.begin(), only.end(), t.name) != only.end()) {
        ++programs;
        failures += run(t) ? 0 : 1;
      }
    }
  });
  std::printf("%zu programs, %d not as expected\n", programs, failures);
  return failures == 0 ? 0 : 1;
}
