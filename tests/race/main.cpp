// usage: race_cases FILE CLOCK        checks the cases of <FILE>.cpp, as Go's race_test does: a process runs them one
//                                     after the other and what it writes is searched for reports. One processor and no
//                                     suppression of equal races, as there.
//        race_cases --run FILE CLOCK  that process
//        race_cases --table           counts, for README.md
//
// CLOCK: `real`, without the cases that sleeps put in order; `virtual`, all cases, by a clock that stands still while
// anybody runs, so that who sleeps for longer comes later on a busy machine too.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>

#include "cases.hpp"
#include "goro/testing.hpp"

namespace race_cases {

std::vector<race_case>& all_cases() {
  static std::vector<race_case> cases;
  return cases;
}

namespace {

constexpr const char* mark = "=== RUN ";

struct selection {
  std::string file;
  std::string clock;

  bool is_virtual() const { return clock == "virtual"; }
  bool has(const race_case& c) const {
    const std::string path = c.file;
    return path.substr(path.rfind('/') + 1) == file + ".cpp" && (is_virtual() || !c.timed);
  }
};

void run_cases(const selection& which) {
  for (const race_case& c : all_cases()) {
    if (which.has(c)) {
      std::fprintf(stderr, "%s%s\n", mark, c.name);
      c.body();
    }
  }
  std::fprintf(stderr, "%sall\n", mark);
  std::_Exit(0);  // goroutines that a case leaves behind are its own business
}

int run(const selection& which) {
  return goro::run([&] {
    if (which.is_virtual()) {
      goro::testing::run_virtual([&] { run_cases(which); });
    } else {
      run_cases(which);
    }
    return 0;
  });
}

// What was reported, by the name of the case.
std::map<std::string, int> reports_of(const char* self, const selection& which) {
  const std::string command =
      std::string(
          "GOMAXPROCS=1 GORODEBUG=handoff=never GORORACE='suppress_equal_stacks=0 suppress_equal_addresses=0 ") +
      "atexit_sleep_ms=0 exitcode=0' '" + self + "' --run " + which.file + ' ' + which.clock + " 2>&1 >/dev/null";
  std::map<std::string, int> reports;
  std::string now = "before";
  FILE* output = popen(command.c_str(), "r");
  char line[4096];
  while (output != nullptr && std::fgets(line, sizeof(line), output) != nullptr) {
    std::string text = line;
    text.erase(text.find_last_not_of('\n') + 1);
    if (text.rfind(mark, 0) == 0) {
      now = text.substr(std::strlen(mark));
      reports[now] = 0;
    } else if (text.find("DATA RACE") != std::string::npos) {
      ++reports[now];
    }
    if (std::getenv("RACE_CASES_VERBOSE") != nullptr) {
      std::puts(text.c_str());
    }
  }
  if (output != nullptr) {
    pclose(output);
  }
  return reports;
}

int check(const char* self, const selection& which) {
  std::map<std::string, int> reports = reports_of(self, which);
  int wrong = 0;
  int cases = 0;
  const auto complain = [&](const race_case& c, const char* text) {
    std::printf("%s: %s\n", c.name, text);
    ++wrong;
  };
  for (const race_case& c : all_cases()) {
    if (!which.has(c)) {
      continue;
    }
    ++cases;
    const auto found = reports.find(c.name);
    const bool reported = found != reports.end() && found->second != 0;
    if (found == reports.end()) {
      complain(c, "did not run");
    } else if (!c.racy && reported) {
      complain(c, "reported, but there is no race");
    } else if (c.racy && !reported && c.miss == nullptr) {
      complain(c, "not reported");
    } else if (c.racy && reported && c.miss != nullptr) {
      complain(c, "reported, though it is noted as a miss");
    }
  }
  if (reports.find("all") == reports.end()) {
    std::printf("the process did not come to its end\n");
    ++wrong;
  }
  std::printf("%d cases, %d wrong\n", cases, wrong);
  return wrong == 0 && cases != 0 ? 0 : 1;
}

int print_table() {
  struct counts {
    int racy = 0, missed = 0, clean = 0;
  };
  std::map<std::string, counts> files;
  for (const race_case& c : all_cases()) {
    const std::string path = c.file;
    counts& n = files[path.substr(path.rfind('/') + 1)];
    (c.racy ? n.racy : n.clean) += 1;
    n.missed += c.miss != nullptr ? 1 : 0;
  }
  for (const auto& [file, n] : files) {
    std::printf("%s racy %d (missed %d) clean %d\n", file.c_str(), n.racy, n.missed, n.clean);
  }
  return 0;
}

}  // namespace
}  // namespace race_cases

int main(int count, char** words) {
  using namespace race_cases;
  if (count == 2 && std::strcmp(words[1], "--table") == 0) {
    return print_table();
  }
  if (count == 4 && std::strcmp(words[1], "--run") == 0) {
    return run({words[2], words[3]});
  }
  if (count == 3) {
    return check(words[0], {words[1], words[2]});
  }
  std::fprintf(stderr, "usage: race_cases FILE real|virtual | --run FILE real|virtual | --table\n");
  return 2;
}
