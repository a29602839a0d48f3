#include "builder.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>

#include "error.hpp"

namespace goro::command {
namespace fs = std::filesystem;
namespace {

bool is_source(const fs::path& file) {
  constexpr std::array<const char*, 5> endings = {".cpp", ".cc", ".cxx", ".C", ".c++"};
  return std::any_of(endings.begin(), endings.end(), [&](const char* e) { return file.extension() == e; });
}

fs::path cache_folder() {
  if (const char* folder = std::getenv("XDG_CACHE_HOME"); folder != nullptr && *folder != '\0') {
    return fs::path(folder) / "goro";
  }
  if (const char* home = std::getenv("HOME"); home != nullptr && *home != '\0') {
    return fs::path(home) / ".cache" / "goro";
  }
  return fs::temp_directory_path() / ("goro-cache-" + std::to_string(getuid()));
}

}  // namespace

temporary_folder::temporary_folder() {
  std::string name = (fs::temp_directory_path() / "goro-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) {
    throw failure("cannot make a folder in " + fs::temp_directory_path().string() + ": " + std::strerror(errno));
  }
  path_ = name;
}

temporary_folder::~temporary_folder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

std::vector<fs::path> checked_sources(const std::vector<std::string>& names) {
  std::vector<fs::path> sources;
  for (const std::string& name : names) {
    if (!is_source(name)) {
      throw failure("not a C++ source file: " + name + " (arguments of the program go after --)", status_misused);
    }
    std::ifstream readable(name);
    if (!readable) {
      throw failure("cannot read " + name + ": " + std::strerror(errno));
    }
    if (fs::is_directory(name)) {
      throw failure("cannot read " + name + ": it is a folder");
    }
    sources.emplace_back(name);
  }
  return sources;
}

std::vector<fs::path> builder::compile(const std::vector<fs::path>& sources, const arguments& extra_flags) {
  std::vector<fs::path> objects;
  std::vector<arguments> commands;
  for (const fs::path& source : sources) {
    objects.push_back(objects_.path() / (std::to_string(count_++) + "-" + source.stem().string() + ".o"));
    commands.push_back(tools_.compile(source, objects.back(), flavour_, installation_, extra_flags));
  }
  if (const int status = run_all(commands); status != 0) {
    throw build_failed{status};
  }
  return objects;
}

void builder::build(const std::vector<fs::path>& sources, const fs::path& program,
                    const std::vector<fs::path>& more_to_link, const arguments& extra_flags) {
  std::vector<fs::path> objects = compile(sources, extra_flags);
  objects.insert(objects.end(), more_to_link.begin(), more_to_link.end());
  if (const int status = run_all({tools_.link(objects, program, flavour_, installation_)}); status != 0) {
    throw build_failed{status};
  }
}

fs::path builder::google_test_folder() { return "/usr/src/googletest/googletest"; }

fs::path builder::google_test() {
  const fs::path source = google_test_folder();
  if (!fs::exists(source / "src" / "gtest-all.cc")) {
    throw failure("GoogleTest's sources are not in " + source.string() + " (Debian: apt install googletest)");
  }
  std::string key = tools_.version();
  for (const std::string& flag : tools_.compile_flags(flavour_)) {
    key += " " + flag;
  }
  const fs::path kept = cache_folder() / ("gtest-" + std::to_string(std::hash<std::string>{}(key)) + ".o");
  if (fs::exists(kept)) {
    return kept;
  }
  std::error_code error;
  fs::create_directories(kept.parent_path(), error);
  const std::vector<fs::path> objects = compile({source / "src" / "gtest-all.cc", source / "src" / "gtest_main.cc"},
                                                {"-I" + source.string(), "-I" + (source / "include").string(), "-w"});
  arguments join = {"ld", "-r", "-o", (objects_.path() / "gtest.o").string()};
  for (const fs::path& object : objects) {
    join.push_back(object.string());
  }
  if (const int status = run_all({join}); status != 0) {
    throw build_failed{status};
  }
  // Renamed into place, so that two commands at once do no harm. Where the cache cannot be written the object serves
  // once.
  const fs::path own = kept.string() + "." + std::to_string(getpid());
  if (fs::copy_file(objects_.path() / "gtest.o", own, error); error) {
    return objects_.path() / "gtest.o";
  }
  fs::rename(own, kept, error);
  return error ? objects_.path() / "gtest.o" : kept;
}

}  // namespace goro::command
