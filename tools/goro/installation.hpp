// Where goro's headers and libraries are.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace goro::command {

// A library is there in up to three builds, which do not mix.
enum class flavour { plain, race, asan };
std::string name_of(flavour f);

struct installation {
  std::filesystem::path include;
  std::filesystem::path libraries;

  // In the order in which they are linked: http and net where they are there, then goro itself. Throws failure when
  // that one is not there.
  std::vector<std::filesystem::path> archives(flavour f) const;
  bool has(flavour f) const;
};

// Relative to this program: installed (<prefix>/bin/goro), or in its build tree, where a file beside it tells. Throws
// failure.
installation find_installation();

}  // namespace goro::command
