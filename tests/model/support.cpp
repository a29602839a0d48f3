#include "support.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>

namespace goro::model {
namespace {

std::string line_of(const met_place& p) {
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

// In a process of its own: a mutant may follow a pointer to what is gone.
bool any_fails(const std::vector<scenario>& scenarios, limits l, const mutation& m) {
  // A write that is missing shows soon, or never; and may let everybody spin until the steps run out. Of a weaker order
  // there may be many more executions than of the right one.
  l.executions = std::min<std::uint64_t>(l.executions, m.omitted ? 5'000 : 300'000);
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child == 0) {
    const bool any =
        std::any_of(scenarios.begin(), scenarios.end(), [&](const scenario& s) { return explore(s, l, m).failed; });
    _exit(any ? 1 : 0);
  }
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  return !(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

class excuses {
 public:
  explicit excuses(std::initializer_list<not_seen> all) : all_(all), used_(all.size()) {}

  bool cover(const met_place& p, const std::string& line) {
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

struct tallies {
  tally orders;
  tally steps;
};

std::string in_words(const mutation& m) { return m.omitted ? "left out" : to_string(m.to); }

std::vector<mutation> mutations_of(const met_place& p, bool leave_out) {
  std::vector<mutation> result;
  if (p.strongest != order::relaxed) {
    for (const order to : weaker_than(p.strongest)) {
      result.push_back({p.file, p.line, to});
    }
  }
  if (p.writes && leave_out) {
    result.push_back({.file = p.file, .line = p.line, .omitted = true});
  }
  return result;
}

tallies mutate_each(const char* protocol, std::initializer_list<std::string_view> files,
                    const std::vector<scenario>& scenarios, const limits& l, std::initializer_list<not_seen> excused,
                    bool leave_out) {
  tallies all;
  excuses allowed(excused);
  for (const met_place& p : met_places()) {
    if (std::find(files.begin(), files.end(), file_name(p.file)) == files.end()) {
      continue;
    }
    const std::string line = line_of(p);
    const bool excused_here = !tries_all() && allowed.cover(p, line);
    for (const mutation& m : mutations_of(p, leave_out)) {
      if (excused_here && !m.omitted) {
        continue;
      }
      tally& t = m.omitted ? all.steps : all.orders;
      ++t.planted;
      if (any_fails(scenarios, l, m)) {
        ++t.caught;
      } else if (!allowed.cover(p, line)) {
        ADD_FAILURE() << protocol << ": nothing fails when this is " << in_words(m) << ": " << file_name(p.file) << ":"
                      << p.line << ": " << line;
      }
    }
  }
  if (tries_all()) {
    allowed.expect_all_used(protocol);
  }
  return all;
}

void explore_and_mutate(const char* protocol, std::initializer_list<std::string_view> files,
                        const std::vector<scenario>& scenarios, const limits& l,
                        std::initializer_list<not_seen> excused, bool leave_out) {
  forget_met_places();
  std::uint64_t executions = 0;
  for (std::size_t i = 0; i < scenarios.size(); ++i) {
    const outcome o = explore(scenarios[i], l);
    ASSERT_FALSE(o.failed) << protocol << ", scenario " << i << ": " << o.report << "choices: " << o.choices;
    EXPECT_TRUE(o.complete) << protocol << ", scenario " << i << ": not explored whole after " << o.executions
                            << " executions";
    executions += o.executions;
  }
  const tallies t = mutate_each(protocol, files, scenarios, l, excused, leave_out);
  std::printf("| %s | %zu | %llu | %u of %u | ", protocol, scenarios.size(),
              static_cast<unsigned long long>(executions), t.orders.caught, t.orders.planted);
  if (leave_out) {
    std::printf("%u of %u |\n", t.steps.caught, t.steps.planted);
  } else {
    std::printf("|\n");
  }
}

}  // namespace

void verify(const char* protocol, std::initializer_list<std::string_view> files, const std::vector<scenario>& scenarios,
            const limits& l, std::initializer_list<not_seen> excused) {
  explore_and_mutate(protocol, files, scenarios, l, excused, true);
}

void verify_orders(const char* protocol, std::initializer_list<std::string_view> files,
                   const std::vector<scenario>& scenarios, const limits& l, std::initializer_list<not_seen> excused) {
  explore_and_mutate(protocol, files, scenarios, l, excused, false);
}

void try_at_random(const char* protocol, const scenario& s, std::uint64_t executions, const limits& l) {
  constexpr std::uint64_t seed = 20'261'124;
  const std::uint64_t times = tries_all() ? 20 * executions : executions;
  const outcome o = explore_randomly(s, seed, times, l);
  ASSERT_FALSE(o.failed) << protocol << ": " << o.report << "choices: " << o.choices;
  std::printf("| %s | 1 | %llu at random | | |\n", protocol, static_cast<unsigned long long>(o.executions));
}

}  // namespace goro::model
