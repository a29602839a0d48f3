// The C++ compiler, and how it is called.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "installation.hpp"
#include "process.hpp"

namespace goro::command {

class toolchain {
 public:
  // The compiler that CXX names, else g++, else clang++. Throws failure when there is none.
  static toolchain find();

  const arguments& compiler() const noexcept { return compiler_; }
  bool is_clang() const noexcept { return is_clang_; }
  std::string version() const;  // first line of what it says of itself

  arguments compile_flags(flavour f) const;
  // `extra`: flags only this source needs.
  arguments compile(const std::filesystem::path& source, const std::filesystem::path& object, flavour f,
                    const installation& at, const arguments& extra) const;
  arguments link(const std::vector<std::filesystem::path>& objects, const std::filesystem::path& program, flavour f,
                 const installation& at) const;

  // Clang's ThreadSanitizer runtime: newer than g++ 12's, which ends at 8,128 goroutines, so g++'s objects are linked
  // with it too. The folder, or empty.
  std::filesystem::path clang_race_runtime() const;

 private:
  arguments race_link_flags() const;

  arguments compiler_;
  arguments cache_;  // ccache, when it is there
  bool is_clang_ = false;
};

// Words separated by blanks, as in CXXFLAGS.
arguments words_in(const char* text);

}  // namespace goro::command
