#include "installation.hpp"

#include <fstream>

#include "configuration.hpp"
#include "error.hpp"

namespace goro::command {
namespace fs = std::filesystem;
namespace {

std::string suffix_of(flavour f) { return f == flavour::race ? "_race" : f == flavour::asan ? "_asan" : ""; }

// The library `name` in this flavour, static or shared, or empty.
fs::path library(const fs::path& folder, const std::string& name, flavour f) {
  for (const char* ending : {".a", ".so"}) {
    fs::path file = folder / ("lib" + name + suffix_of(f) + ending);
    if (fs::exists(file)) {
      return file;
    }
  }
  return {};
}

}  // namespace

std::string name_of(flavour f) { return f == flavour::race ? "race" : f == flavour::asan ? "asan" : "plain"; }

bool installation::has(flavour f) const { return !library(libraries, "goro", f).empty(); }

std::vector<fs::path> installation::archives(flavour f) const {
  std::vector<fs::path> found;
  for (const char* name : {"goro_http", "goro_tls", "goro_net"}) {
    if (fs::path file = library(libraries, name, f); !file.empty()) {
      found.push_back(std::move(file));
    }
  }
  fs::path core = library(libraries, "goro", f);
  if (core.empty()) {
    throw failure("there is no " + name_of(f) + " build of the library in " + libraries.string() +
                  " (CMake option GORO_FLAVOURS)");
  }
  found.push_back(std::move(core));
  return found;
}

installation find_installation() {
  std::error_code error;
  const fs::path self = fs::read_symlink("/proc/self/exe", error);
  const fs::path folder = self.parent_path();
  if (std::ifstream tree(folder / "goro.tree"); tree) {  // a build tree
    std::string include;
    std::string libraries;
    std::getline(tree, include);
    std::getline(tree, libraries);
    return {include, libraries};
  }
  installation found{(folder / configuration::include_from_bin).lexically_normal(),
                     (folder / configuration::libraries_from_bin).lexically_normal()};
  if (!fs::exists(found.include / "goro" / "goro.hpp")) {
    throw failure("goro's headers are not where they should be, in " + found.include.string() +
                  "; was the command moved out of its installation?");
  }
  return found;
}

}  // namespace goro::command
