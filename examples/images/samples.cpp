#include "images/samples.hpp"

#include <array>
#include <cstdint>
#include <cstdio>
#include <random>
#include <string>

#include <goro/goro.hpp>

#include "images/file.hpp"
#include "images/picture.hpp"

namespace tour {
namespace {

picture gradient(int width, int height, unsigned /*seed*/) {
  picture result(width, height);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      result.set(x, y, 255 * x / width, 255 * y / height, 128);
    }
  }
  return result;
}

picture circles(int width, int height, unsigned seed) {
  std::minstd_rand random(seed);
  const auto below = [&](int limit) { return static_cast<int>(random() % static_cast<unsigned>(limit)); };
  picture result(width, height);
  for (int i = 0; i < 60; ++i) {
    result.fill_circle(below(width), below(height), below(height / 4) + 1, below(256), below(256), below(256));
  }
  return result;
}

picture checkers(int width, int height, unsigned seed) {
  const int side = 8 + static_cast<int>(seed % 40);
  picture result(width, height);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const int shade = (x / side + y / side) % 2 == 0 ? 240 : 30;
      result.set(x, y, shade, shade, shade);
    }
  }
  return result;
}

picture noise(int width, int height, unsigned seed) {
  std::minstd_rand random(seed);
  picture result(width, height);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const auto colour = random();
      result.set(x, y, colour & 255, (colour >> 8) & 255, (colour >> 16) & 255);
    }
  }
  return result;
}

struct motif {
  const char* name;
  picture (*draw)(int width, int height, unsigned seed);
};
constexpr std::array motifs{motif{"gradient", gradient}, motif{"circles", circles}, motif{"checkers", checkers},
                            motif{"noise", noise}};
struct format {
  int width;
  int height;
};
constexpr std::array formats{format{320, 240},  format{1600, 1200}, format{700, 1000},
                             format{1200, 300}, format{64, 64},     format{900, 600}};
static_assert(motifs.size() * formats.size() == sample_count);

}  // namespace

void make_samples(const std::filesystem::path& folder) {
  goro::wait_group wg;
  unsigned number = 0;
  for (const motif& m : motifs) {
    for (const format& f : formats) {
      wg.go([&folder, m, f, number] {
        const bool png = number % 2 == 0;
        const bool broken = number == 7;
        const picture drawn = m.draw(f.width, f.height, number + 1);
        file_content content = png ? drawn.to_png() : drawn.to_jpeg(90);
        if (broken) {
          content.resize(content.size() / 2);
        }
        std::array<char, 64> name;
        std::snprintf(name.data(), name.size(), "%02u-%s.%s", number + 1, broken ? "broken" : m.name,
                      png ? "png" : "jpg");
        write_file(folder / name.data(), content);
      });
      ++number;
    }
  }
  wg.wait();
}

}  // namespace tour
