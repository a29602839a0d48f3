#include "support.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>

namespace goro::model {
namespace {

std::string line_of(const ordered_place& p) {
  std::ifstream file(p.file);
  std::string line;
  for (unsigned i = 0; i < p.line && std::getline(file, line); ++i) {
  }
  const std::size_t begin = line.find_first_not_of(' ');
  return begin == std::string::npos ? "" : line.substr(begin);
}

std::string file_name(const std::string& path) { return path.substr(path.rfind('/') + 1); }

std::vector<order> weaker_than(order o) {
  switch (o) {
    case order::seq_cst:
      return {order::acq_rel};
    case order::acq_rel:
      return {order::acquire, order::release};
    default:
      return {order::relaxed};
  }
}

// `make verify`: also what is excused, in case it needs no excuse.
bool tries_all() { return std::getenv("GORO_VERIFY_ALL") != nullptr; }

bool any_fails(const std::vector<scenario>& scenarios, const limits& l, const weakening& w) {
  return std::any_of(scenarios.begin(), scenarios.end(), [&](const scenario& s) { return explore(s, l, w).failed; });
}

class excuses {
 public:
  explicit excuses(std::initializer_list<not_seen> all) : all_(all), used_(all.size()) {}

  bool cover(const ordered_place& p, const std::string& line) {
    for (std::size_t i = 0; i < all_.size(); ++i) {
      if (file_name(p.file) == all_[i].file && line.find(all_[i].line_contains) != std::string::npos) {
        used_[i] = true;
        return true;
      }
    }
    return false;
  }
  void expect_all_used(const char* protocol) const {
    for (std::size_t i = 0; i < all_.size(); ++i) {
      EXPECT_TRUE(used_[i]) << protocol << ": needs no excuse: " << all_[i].file << ": " << all_[i].line_contains;
    }
  }

 private:
  std::vector<not_seen> all_;
  std::vector<bool> used_;
};

struct tally {
  unsigned planted = 0;
  unsigned caught = 0;
};

tally weaken_each(const char* protocol, std::initializer_list<std::string_view> files,
                  const std::vector<scenario>& scenarios, const limits& l, std::initializer_list<not_seen> excused) {
  tally t;
  excuses allowed(excused);
  for (const ordered_place& p : ordered_places()) {
    if (std::find(files.begin(), files.end(), file_name(p.file)) == files.end()) {
      continue;
    }
    const std::string line = line_of(p);
    if (!tries_all() && allowed.cover(p, line)) {
      continue;
    }
    for (const order to : weaker_than(p.strongest)) {
      ++t.planted;
      if (any_fails(scenarios, l, {p.file, p.line, to})) {
        ++t.caught;
      } else if (!allowed.cover(p, line)) {
        ADD_FAILURE() << protocol << ": nothing fails when this is " << to_string(to) << ": " << file_name(p.file)
                      << ":" << p.line << ": " << line;
      }
    }
  }
  if (tries_all()) {
    allowed.expect_all_used(protocol);
  }
  return t;
}

}  // namespace

void verify(const char* protocol, std::initializer_list<std::string_view> files, const std::vector<scenario>& scenarios,
            const limits& l, std::initializer_list<not_seen> excused) {
  forget_ordered_places();
  std::uint64_t executions = 0;
  for (std::size_t i = 0; i < scenarios.size(); ++i) {
    const outcome o = explore(scenarios[i], l);
    ASSERT_FALSE(o.failed) << protocol << ", scenario " << i << ": " << o.report << "choices: " << o.choices;
    EXPECT_TRUE(o.complete) << protocol << ", scenario " << i << ": not explored whole after " << o.executions
                            << " executions";
    executions += o.executions;
  }
  const tally t = weaken_each(protocol, files, scenarios, l, excused);
  std::printf("| %s | %zu | %llu | %u of %u |\n", protocol, scenarios.size(),
              static_cast<unsigned long long>(executions), t.caught, t.planted);
}

void try_at_random(const char* protocol, const scenario& s, std::uint64_t executions, const limits& l) {
  constexpr std::uint64_t seed = 20'261'124;
  const std::uint64_t times = tries_all() ? 20 * executions : executions;
  const outcome o = explore_randomly(s, seed, times, l);
  ASSERT_FALSE(o.failed) << protocol << ": " << o.report << "choices: " << o.choices;
  std::printf("| %s | 1 | %llu at random | |\n", protocol, static_cast<unsigned long long>(o.executions));
}

}  // namespace goro::model
