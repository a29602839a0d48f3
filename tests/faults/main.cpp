// Every system call that goro makes fails, one run for each time it is made. What may come of it: the program does what
// it should all the same; goro says what failed, by an exception or an error value; or it ends the process by a fatal
// error that says so. No run may hang, crash, or give a wrong result. list.cpp says which of these is right for which
// call.
//
//   faults [--first N] [--call NAME] [--part I --of N]
//                                        the first N times (default: 100) of each call, or of the calls with that name,
//                                        and as many of the later; of every N-th call of the list, from the I-th on
//   faults --scenario [--for-valgrind]             what is run; for Valgrind without endless loops, which do not give
//                                                  way to the other threads there, and signals
//   faults --one NAME ERROR N once|ever            a single run, with its output
#include <signal.h>
#include <sys/wait.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <exception>
#include <map>
#include <string>
#include <string_view>
#include <system_error>

#include "injector.hpp"
#include "list.hpp"
#include "scenario.hpp"

namespace faults {
namespace {

constexpr int status_error = 3;  // the scenario's, when goro gave it an error
constexpr int status_wrong = 4;
constexpr int status_fatal = 2;  // goro's

int run_scenario(bool whole) {
  arm();
  try {
    scenario(whole);
  } catch (const wrong_result& wrong) {
    std::printf("wrong: %s\n", wrong.what);
    return status_wrong;
  } catch (const std::exception& e) {
    std::printf("error: %s\n", e.what());
    return status_error;
  }
  std::puts("all right");
  return 0;
}

struct outcome {
  unsigned kind;     // one of those in list.hpp, or 0: none of them
  std::string says;  // the error's or the fatal error's text
};

// Without what differs from run to run: numbers of ports, and how many goroutines there were.
std::string line_with(const std::string& output, std::string_view beginning) {
  const std::size_t at = output.find(beginning);
  if (at == std::string::npos) {
    return "";
  }
  std::string line = output.substr(at, output.find('\n', at) - at);
  for (const std::string_view before : {"127.0.0.1:", " stack ("}) {
    const std::size_t number = line.find(before) + before.size();
    const std::size_t end = line.find_first_not_of("0123456789", number);
    if (line.find(before) != std::string::npos && end != number) {
      line.replace(number, std::min(end, line.size()) - number, "N");
    }
  }
  return line;
}

// The C library's own, for what it needs before it can return.
bool is_libc_fatal(const run_result& run) {
  return WIFSIGNALED(run.status) && WTERMSIG(run.status) == SIGABRT &&
         run.output.find("Fatal glibc error: ") != std::string::npos;
}

outcome judge(const run_result& run) {
  if (!run.hung && is_libc_fatal(run)) {
    return {fatal, line_with(run.output, "Fatal glibc error: ")};
  }
  if (run.hung || !WIFEXITED(run.status)) {
    return {0, run.hung ? "hangs" : "killed by signal " + std::to_string(WTERMSIG(run.status))};
  }
  switch (WEXITSTATUS(run.status)) {
    case 0:
      return {run.output.find("all right\n") != std::string::npos ? recovers : 0U, ""};
    case status_error:
      return {error, line_with(run.output, "error: ")};
    case status_fatal: {
      const std::string line = line_with(run.output, "fatal error: ");
      return {line.empty() ? 0U : fatal, line};
    }
    default:
      return {0, "status " + std::to_string(WEXITSTATUS(run.status))};
  }
}

struct summary {
  int runs[3] = {0, 0, 0};  // recovers, error, fatal
  std::map<std::string, int> texts;
};

class enumeration {
 public:
  explicit enumeration(std::uint64_t most) : most_(most) {}

  void play(const fault& f) {
    summary all[2];
    const std::uint64_t calls = play_one(f, 0, extent::once, all[0]);
    if (calls == 0 && f.always_made) {
      ++failures_;
      std::printf("FAILED: %s: not one call was seen\n", f.name);
    }
    for (const extent how : {extent::once, extent::ever}) {
      if (how == extent::ever && !f.can_last) {
        continue;
      }
      // The number differs a little from run to run; so one that is not reached is no failure, it is not counted.
      for (std::uint64_t n = 1; n <= calls; n += n < most_ ? 1 : std::max<std::uint64_t>(calls / most_, 1)) {
        play_one(f, n, how, all[static_cast<int>(how)]);
      }
    }
    print(f, calls, all);
  }

  int failures() const { return failures_; }

 private:
  // n = 0: no call fails. How many there were.
  std::uint64_t play_one(const fault& f, std::uint64_t n, extent how, summary& sum) {
    const run_result run = run_injected({"--scenario"}, injection_of(f, n, how));
    const outcome o = judge(run);
    if ((o.kind & (run.failed != 0 ? f.allowed : recovers)) == 0) {
      ++failures_;
      std::printf("FAILED: %s %s, call %llu %s: %s, which is not what should come of it\n%s\n", f.name,
                  strerrorname_np(f.error), static_cast<unsigned long long>(n), name_of(how),
                  o.kind == recovers ? "recovers" : o.says.c_str(), run.output.c_str());
      std::fflush(stdout);
    } else if (run.failed != 0) {
      ++sum.runs[o.kind == recovers ? 0 : o.kind == error ? 1 : 2];
      if (!o.says.empty()) {
        ++sum.texts[o.says];
      }
    }
    return run.calls;
  }

  static void print_cell(const summary& s) {
    constexpr const char* words[] = {"recovers", "error", "fatal"};
    std::string text;
    for (int i = 0; i < 3; ++i) {
      if (s.runs[i] != 0) {
        text += (text.empty() ? "" : ", ") + std::to_string(s.runs[i]) + " " + words[i];
      }
    }
    std::printf(" %s |", text.empty() ? "–" : text.c_str());
  }

  static void print(const fault& f, std::uint64_t calls, const summary (&all)[2]) {
    std::printf("| `%s` | %s | %llu |", f.name, strerrorname_np(f.error), static_cast<unsigned long long>(calls));
    print_cell(all[0]);
    print_cell(all[1]);
    std::map<std::string, int> texts = all[0].texts;
    texts.insert(all[1].texts.begin(), all[1].texts.end());
    std::string said;
    for (const auto& [text, times] : texts) {
      said += (said.empty() ? "" : "; ") + text;
    }
    std::printf(" %s |\n", said.c_str());
    std::fflush(stdout);
  }

  const std::uint64_t most_;
  int failures_ = 0;
};

std::uint64_t number_from(std::string_view text) {
  std::uint64_t n = 0;
  std::from_chars(text.data(), text.data() + text.size(), n);
  return n;
}

struct selection {
  std::string_view call;  // empty: all
  std::uint64_t part = 1;
  std::uint64_t parts = 1;

  bool has(const fault& f, std::uint64_t number) const {
    return (call.empty() || call == f.name) && number % parts == part % parts;
  }
};

int run_all(std::uint64_t most, const selection& selected) {
  enumeration all(most);
  std::uint64_t number = 0;
  std::printf(
      "| call | error | calls | one fails | it and all later ones fail | what is said |\n|---|---|---|---|---|---|\n");
  for (const fault& f : list()) {
    if (selected.has(f, ++number)) {
      all.play(f);
    }
  }
  std::printf("%d runs went wrong\n", all.failures());
  return all.failures() == 0 ? 0 : 1;
}

int run_single(std::string_view call, std::string_view error_name, std::uint64_t n, std::string_view how) {
  for (const fault& f : list()) {
    if (call == f.name && error_name == strerrorname_np(f.error)) {
      const run_result run =
          run_injected({"--scenario"}, injection_of(f, n, how == "ever" ? extent::ever : extent::once));
      std::printf("%s%llu calls, %llu failed, status %#x%s\n", run.output.c_str(),
                  static_cast<unsigned long long>(run.calls), static_cast<unsigned long long>(run.failed),
                  static_cast<unsigned>(run.status), run.hung ? ", hung" : "");
      return judge(run).kind != 0 ? 0 : 1;
    }
  }
  std::fputs("no such fault\n", stderr);
  return 1;
}

}  // namespace
}  // namespace faults

int main(int argc, char** argv) {
  const std::string_view first = argc > 1 ? argv[1] : "";
  if (first == "--scenario") {
    return faults::run_scenario(argc < 3 || std::string_view(argv[2]) != "--for-valgrind");
  }
  if (!faults::can_inject()) {
    std::puts("skipped: the system does not let a process answer for its children's system calls");
    return 77;
  }
  if (first == "--one" && argc == 6) {
    return faults::run_single(argv[2], argv[3], faults::number_from(argv[4]), argv[5]);
  }
  std::uint64_t most = 100;
  faults::selection selected;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view option = argv[i];
    if (option == "--first") {
      most = faults::number_from(argv[i + 1]);
    } else if (option == "--call") {
      selected.call = argv[i + 1];
    } else if (option == "--part") {
      selected.part = faults::number_from(argv[i + 1]);
    } else if (option == "--of") {
      selected.parts = std::max<std::uint64_t>(faults::number_from(argv[i + 1]), 1);
    }
  }
  return faults::run_all(most, selected);
}
