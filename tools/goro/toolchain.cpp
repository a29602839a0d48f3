#include "toolchain.hpp"

#include <sys/utsname.h>

#include <algorithm>
#include <cstdlib>
#include <sstream>

#include "configuration.hpp"
#include "error.hpp"

namespace goro::command {
namespace fs = std::filesystem;
namespace {

std::string machine() {
  utsname names{};
  uname(&names);
  return names.machine;
}

fs::path runtime_archive(const fs::path& folder, const std::string& part) {
  return folder / ("libclang_rt." + part + "-" + machine() + ".a");
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

void append(arguments& to, const arguments& more) { to.insert(to.end(), more.begin(), more.end()); }

}  // namespace

arguments words_in(const char* text) {
  std::istringstream in(text != nullptr ? text : "");
  arguments words;
  for (std::string word; in >> word;) {
    words.push_back(word);
  }
  return words;
}

toolchain toolchain::find() {
  toolchain found;
  found.compiler_ = words_in(std::getenv("CXX"));
  if (!found.compiler_.empty()) {
    if (find_program(found.compiler_.front()).empty()) {
      throw failure("the compiler that CXX names is not there: " + found.compiler_.front());
    }
  } else if (!find_program("g++").empty()) {
    found.compiler_ = {"g++"};
  } else if (!find_program("clang++").empty()) {
    found.compiler_ = {"clang++"};
  } else {
    throw failure("no C++ compiler: neither g++ nor clang++ is on PATH, and CXX names none (Debian: apt install g++)");
  }
  found.is_clang_ = std::any_of(found.compiler_.begin(), found.compiler_.end(),
                                [](const std::string& word) { return word.find("clang") != std::string::npos; });
  if (found.compiler_.front().find("ccache") == std::string::npos && !find_program("ccache").empty()) {
    found.cache_ = {"ccache"};
  }
  return found;
}

std::string toolchain::version() const {
  arguments command = compiler_;
  command.emplace_back("--version");
  return first_line(run_and_capture(command).output);
}

arguments toolchain::compile_flags(flavour f) const {
  arguments flags = {"-std=c++20", "-g", "-fno-omit-frame-pointer", "-pthread"};
  switch (f) {
    case flavour::plain:
      append(flags, {"-O2"});
      break;
    case flavour::race:
      append(flags, {"-Og", "-fsanitize=thread", "-DGORO_RACE",
                     "-D_GLIBCXX_EXTERN_TEMPLATE=0"});  // -O1 moves accesses to other lines
      break;
    case flavour::asan:
      append(flags, {"-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=undefined"});
      break;
  }
  append(flags, words_in(std::getenv("CXXFLAGS")));
  return flags;
}

arguments toolchain::compile(const fs::path& source, const fs::path& object, flavour f, const installation& at,
                             const arguments& extra) const {
  arguments command = cache_;
  append(command, compiler_);
  append(command, compile_flags(f));
  append(command, {"-I" + at.include.string()});
  append(command, extra);
  append(command, {"-c", source.string(), "-o", object.string()});
  return command;
}

fs::path toolchain::clang_race_runtime() const {
  arguments candidates;
  if (is_clang_) {
    candidates = compiler_;
    candidates.erase(candidates.begin(), candidates.end() - 1);
  } else {
    candidates = {"clang++", "clang++-19", "clang++-18", "clang++-17", "clang++-16", "clang++-15", "clang++-14"};
  }
  for (const std::string& clang : candidates) {
    if (find_program(clang).empty()) {
      continue;
    }
    const std::string wanted = runtime_archive("", "tsan").string();
    const fs::path file = first_line(run_and_capture({clang, "-print-file-name=" + wanted}).output);
    for (const fs::path& folder :
         {file.parent_path(), fs::path(first_line(run_and_capture({clang, "-print-runtime-dir"}).output))}) {
      if (!folder.empty() && fs::exists(runtime_archive(folder, "tsan")) &&
          fs::exists(runtime_archive(folder, "tsan_cxx"))) {
        return folder;
      }
    }
  }
  return {};
}

arguments toolchain::race_link_flags() const {
  const fs::path folder = clang_race_runtime();
  if (is_clang_) {
    if (folder.empty()) {
      throw failure("this clang++ has no ThreadSanitizer runtime (Debian: libclang-rt-dev of its version)");
    }
    return {"-fsanitize=thread"};
  }
  if (folder.empty()) {
    return {"-fsanitize=thread"};
  }
  return {"-Wl,--whole-archive",
          runtime_archive(folder, "tsan").string(),
          runtime_archive(folder, "tsan_cxx").string(),
          "-Wl,--no-whole-archive",
          "-Wl,--export-dynamic",
          "-lresolv",
          "-lrt",
          "-lm",
          "-ldl"};
}

arguments toolchain::link(const std::vector<fs::path>& objects, const fs::path& program, flavour f,
                          const installation& at) const {
  arguments command = compiler_;
  append(command, {"-o", program.string(), "-pthread"});
  append(command, f == flavour::race   ? race_link_flags()
                  : f == flavour::asan ? arguments{"-fsanitize=address,undefined"}
                                       : arguments{});
  for (const fs::path& object : objects) {
    command.push_back(object.string());
  }
  bool is_shared = false;
  command.emplace_back("-Wl,--start-group");
  for (const fs::path& archive : at.archives(f)) {
    command.push_back(archive.string());
    is_shared = is_shared || archive.extension() == ".so";
  }
  command.emplace_back("-Wl,--end-group");
  if (is_shared) {
    append(command, {"-Wl,-rpath," + at.libraries.string()});
  } else {
    append(command, {"-Wl,--undefined=goro_diag_anchor"});
    if (configuration::with_backtrace) {
      append(command, {"-lbacktrace"});
    }
  }
  append(command, words_in(std::getenv("LDFLAGS")));
  return command;
}

}  // namespace goro::command
