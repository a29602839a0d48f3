// Files that include GoogleTest are put together into one program; each other *_test.cpp has a main() of its own and is
// one. Files that are no tests belong to all of them.
#include "test_command.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <regex>
#include <sstream>

#include "builder.hpp"
#include "error.hpp"

namespace goro::command {
namespace fs = std::filesystem;
namespace {

std::string text_of(const fs::path& file) {
  std::ifstream in(file);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

bool is_test(const fs::path& file) { return file.stem().string().ends_with("_test"); }

bool uses_google_test(const fs::path& file) {
  static const std::regex include("#\\s*include\\s*[<\"]g(test|mock)/");
  return std::regex_search(text_of(file), include);
}

bool has_main(const fs::path& file) {
  static const std::regex main_function("\\bint\\s+main\\s*\\(");
  return std::regex_search(text_of(file), main_function);
}

std::vector<std::string> tests_of_working_folder() {
  std::vector<std::string> files;
  for (const fs::directory_entry& entry : fs::directory_iterator(".")) {
    if (entry.is_regular_file() && entry.path().filename().string().ends_with("_test.cpp")) {
      files.push_back(entry.path().filename().string());
    }
  }
  std::sort(files.begin(), files.end());
  if (files.empty()) {
    throw failure("no test files: no *_test.cpp here, and none was named");
  }
  return files;
}

// `--gtest_filter` for the tests whose `suite.name` the regular expression finds; empty: there are none.
std::string filter_for(const fs::path& program, const std::string& expression) {
  const captured list = run_and_capture({program.string(), "--gtest_list_tests"});
  const std::regex wanted(expression);
  std::string filter;
  std::string suite;
  std::istringstream lines(list.output);
  for (std::string line; std::getline(lines, line);) {
    line = line.substr(0, line.find('#'));
    line.erase(line.find_last_not_of(" \t") + 1);
    if (!line.starts_with(' ')) {
      suite = line;
    } else if (const std::string name = suite + line.substr(line.find_first_not_of(' '));
               std::regex_search(name, wanted)) {
      filter += (filter.empty() ? "" : ":") + name;
    }
  }
  return filter;
}

class results {
 public:
  template <class Work>
  void time(const std::string& name, Work work) {
    const auto begin = std::chrono::steady_clock::now();
    const int status = work();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    std::printf("%s\t%s\t%.3fs\n", status == 0 ? "ok  " : "FAIL", name.c_str(), took.count());
    std::fflush(stdout);
    if (status_ == 0) {
      status_ = status;
    }
  }
  int status() const noexcept { return status_; }

 private:
  int status_ = 0;
};

arguments joined(arguments first, const std::vector<std::string>& more) {
  first.insert(first.end(), more.begin(), more.end());
  return first;
}

struct plan {
  std::vector<fs::path> google_tests;
  std::vector<fs::path> programs;
  std::vector<fs::path> others;
};

plan plan_of(const std::vector<fs::path>& sources) {
  plan p;
  for (const fs::path& source : sources) {
    (uses_google_test(source)              ? p.google_tests
     : is_test(source) || has_main(source) ? p.programs
                                           : p.others)
        .push_back(source);
  }
  return p;
}

void run_google_tests(builder& build, const plan& p, const fs::path& folder, const test_wishes& wishes, results& all) {
  std::vector<fs::path> sources = p.google_tests;
  sources.insert(sources.end(), p.others.begin(), p.others.end());
  const fs::path program = folder / p.google_tests.front().stem();
  build.build(sources, program, {build.google_test()},
              {"-isystem" + (builder::google_test_folder() / "include").string()});
  arguments command = {program.string(), "--gtest_brief=1"};
  if (!wishes.run.empty()) {
    const std::string filter = filter_for(program, wishes.run);
    if (filter.empty()) {
      std::fprintf(stderr, "goro: warning: no tests to run\n");
      return;
    }
    command.push_back("--gtest_filter=" + filter);
  }
  if (wishes.count != 1) {
    command.push_back("--gtest_repeat=" + std::to_string(wishes.count));
  }
  all.time(program.filename().string(), [&] { return run(joined(command, wishes.program_arguments)); });
}

void run_program(builder& build, const fs::path& source, const plan& p, const fs::path& folder,
                 const test_wishes& wishes, results& all) {
  std::vector<fs::path> sources = {source};
  sources.insert(sources.end(), p.others.begin(), p.others.end());
  const fs::path program = folder / source.stem();
  build.build(sources, program);
  all.time(source.stem().string(), [&] {
    int status = 0;
    for (int i = 0; i < wishes.count && status == 0; ++i) {
      status = run(joined({program.string()}, wishes.program_arguments));
    }
    return status;
  });
}

}  // namespace

int test(const test_wishes& wishes) {
  if (wishes.count < 1) {
    throw failure("-count must be 1 or more", status_misused);
  }
  try {
    [[maybe_unused]] const std::regex checked(wishes.run);
  } catch (const std::regex_error& e) {
    throw failure("-run: " + wishes.run + " is no regular expression: " + e.what(), status_misused);
  }
  const plan p = plan_of(checked_sources(wishes.files.empty() ? tests_of_working_folder() : wishes.files));
  if (p.google_tests.empty() && p.programs.empty()) {
    throw failure("no test files: none of those named includes GoogleTest or has a main()");
  }
  builder build(wishes.build);
  const temporary_folder folder;
  results all;
  if (!p.google_tests.empty()) {
    run_google_tests(build, p, folder.path(), wishes, all);
  }
  for (const fs::path& source : p.programs) {
    if (!wishes.run.empty()) {
      std::fprintf(stderr, "goro: %s does not use GoogleTest: -run does not apply, and it is left out\n",
                   source.c_str());
      continue;
    }
    run_program(build, source, p, folder.path(), wishes, all);
  }
  return all.status();
}

}  // namespace goro::command
