#include "goro/http/reader.hpp"

#include <array>

namespace goro::http {

std::size_t reader::read(std::span<char> to) {
  std::error_code error;
  const std::size_t n = do_read(to, error);
  if (error) {
    throw std::system_error(error);
  }
  return n;
}

std::string reader::read_all() {
  std::error_code error;
  std::string all = read_all(error);
  if (error) {
    throw std::system_error(error);
  }
  return all;
}

std::string reader::read_all(std::error_code& error) {
  std::string all;
  std::array<char, 2048> piece;
  for (;;) {
    const std::size_t n = do_read(piece, error);
    all.append(piece.data(), n);
    if (n == 0 || error) {
      return all;
    }
  }
}

}  // namespace goro::http
