// A picture in memory and the few things this example does with one, on top of libgd.
// No function here waits for anything: they compute, on the stack of whoever calls.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

struct gdImageStruct;  // <gd.h>

namespace tour {

using file_content = std::vector<std::byte>;

class picture {
 public:
  // Black.
  picture(int width, int height);

  // PNG or JPEG. Throws std::runtime_error with libgd's words when the content is neither, or damaged.
  static picture decode(std::span<const std::byte> content);
  file_content to_png() const;
  file_content to_jpeg(int quality) const;

  // The same picture no larger than `side` in either direction, on white where it is transparent. Never enlarges.
  picture fitted_into(int side) const;
  // Gives back the crispness that shrinking takes.
  void sharpen();

  int width() const;
  int height() const;
  void set(int x, int y, int red, int green, int blue);
  void fill_circle(int x, int y, int radius, int red, int green, int blue);

 private:
  struct destroyer {
    void operator()(gdImageStruct* image) const noexcept;
  };
  explicit picture(gdImageStruct* image) : image_(image) {}
  std::unique_ptr<gdImageStruct, destroyer> image_;
};

}  // namespace tour
