// Whole files. The kernel may take its time, so the goroutine lets go of its processor meanwhile.
#pragma once

#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <span>
#include <system_error>
#include <vector>

#include <goro/goro.hpp>

namespace tour {

[[noreturn]] inline void fail(const std::filesystem::path& file, const char* what) {
  throw std::filesystem::filesystem_error(what, file, std::error_code(errno, std::generic_category()));
}

inline std::vector<std::byte> read_file(const std::filesystem::path& file) {
  return goro::blocking([&] {
    std::ifstream in(file, std::ios::binary);
    std::vector<std::byte> content(in ? std::filesystem::file_size(file) : 0);
    if (!in.read(reinterpret_cast<char*>(content.data()), static_cast<std::streamsize>(content.size()))) {
      fail(file, "cannot read");
    }
    return content;
  });
}

inline void write_file(const std::filesystem::path& file, std::span<const std::byte> content) {
  goro::blocking([&] {
    std::ofstream out(file, std::ios::binary);
    out.write(reinterpret_cast<const char*>(content.data()), static_cast<std::streamsize>(content.size()));
    if (!out.flush()) {
      fail(file, "cannot write");
    }
  });
}

}  // namespace tour
