// From source files to a program.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "toolchain.hpp"

namespace goro::command {

// A folder of its own under the system's folder for temporary files, gone with the object.
class temporary_folder {
 public:
  temporary_folder();
  temporary_folder(const temporary_folder&) = delete;
  temporary_folder& operator=(const temporary_folder&) = delete;
  ~temporary_folder();
  const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
};

// The compiler has said what was wrong; the command ends with its status.
struct build_failed {
  int status;
};

class builder {
 public:
  explicit builder(flavour f) : flavour_(f), tools_(toolchain::find()), installation_(find_installation()) {
    installation_.archives(f);  // so that a missing library is found before anything is compiled
  }

  // All sources are compiled, several at once; one that fails keeps no other from its own messages. Throws
  // build_failed.
  void build(const std::vector<std::filesystem::path>& sources, const std::filesystem::path& program,
             const std::vector<std::filesystem::path>& more_to_link = {}, const arguments& extra_flags = {});

  // GoogleTest with its main(), compiled once for each compiler and set of flags and kept. Throws failure when its
  // sources are not there.
  std::filesystem::path google_test();
  static std::filesystem::path google_test_folder();

 private:
  std::vector<std::filesystem::path> compile(const std::vector<std::filesystem::path>& sources,
                                             const arguments& extra_flags);

  flavour flavour_;
  toolchain tools_;
  installation installation_;
  temporary_folder objects_;
  std::size_t count_ = 0;
};

// Throws failure for what is no C++ source or cannot be read.
std::vector<std::filesystem::path> checked_sources(const std::vector<std::string>& names);

}  // namespace goro::command
