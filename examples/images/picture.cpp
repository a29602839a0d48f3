#include "images/picture.hpp"

#include <algorithm>
#include <array>
#include <climits>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <new>
#include <stdexcept>

#include <gd.h>

#include <goro/goro.hpp>

namespace tour {
namespace {

// libgd tells what is wrong with a file through one function for the whole process, called in the midst of decoding.
// Each goroutine has its own variable for that. (A thread_local would belong to all goroutines of a thread in turn.)
goro::local<std::string> complaint;

void remember_complaint(int /*priority*/, const char* format, std::va_list arguments) {
  std::array<char, 200> text;
  std::vsnprintf(text.data(), text.size(), format, arguments);
  std::string line(text.data());
  std::replace(line.begin(), line.end(), '\n', ' ');
  line.erase(line.find_last_not_of(' ') + 1);
  if (complaint->empty()) {  // the first is the cause, the rest follow from it
    *complaint = line;
  }
}

const bool complaints_are_remembered = (gdSetErrorMethod(remember_complaint), true);

bool starts_with(std::span<const std::byte> content, const void* magic, std::size_t size) {
  return content.size() >= size && std::memcmp(content.data(), magic, size) == 0;
}

gdImagePtr checked(gdImagePtr image) {
  if (image == nullptr) {
    throw std::bad_alloc();
  }
  return image;
}

file_content taken_over(void* data, int size) {
  if (data == nullptr) {
    throw std::runtime_error("libgd cannot encode the picture");
  }
  const auto* first = static_cast<const std::byte*>(data);
  const std::unique_ptr<void, void (*)(void*)> owner(data, gdFree);
  return file_content(first, first + size);
}

}  // namespace

void picture::destroyer::operator()(gdImageStruct* image) const noexcept { gdImageDestroy(image); }

picture::picture(int width, int height) : image_(checked(gdImageCreateTrueColor(width, height))) {}

picture picture::decode(std::span<const std::byte> content) {
  if (content.size() > INT_MAX) {
    throw std::runtime_error("larger than 2 GiB");
  }
  const int size = static_cast<int>(content.size());
  void* data = const_cast<std::byte*>(content.data());  // libgd only reads it
  complaint->clear();
  gdImagePtr image = nullptr;
  if (starts_with(content, "\x89PNG\r\n\x1a\n", 8)) {
    image = gdImageCreateFromPngPtr(size, data);
  } else if (starts_with(content, "\xff\xd8\xff", 3)) {
    image = gdImageCreateFromJpegPtrEx(size, data, /*ignore_warning=*/0);
  } else {
    throw std::runtime_error("neither PNG nor JPEG");
  }
  // libjpeg fills up what is missing of a file that was cut off, and only warns. Its other warnings are harmless.
  const bool cut_off = complaint->find("Premature end") != std::string::npos;
  picture result(image);  // owns it, also when it is thrown away
  if (image == nullptr || cut_off) {
    throw std::runtime_error(complaint->empty() ? "damaged" : *complaint);
  }
  return result;
}

file_content picture::to_png() const {
  int size = 0;
  void* data = gdImagePngPtr(image_.get(), &size);
  return taken_over(data, size);
}

file_content picture::to_jpeg(int quality) const {
  int size = 0;
  void* data = gdImageJpegPtr(image_.get(), &size, quality);
  return taken_over(data, size);
}

picture picture::fitted_into(int side) const {
  const int longer = std::max(width(), height());
  const int shown = std::min(longer, side);
  const auto scaled = [&](int length) { return std::max(1, static_cast<int>(1L * length * shown / longer)); };
  picture result(scaled(width()), scaled(height()));
  gdImageFilledRectangle(result.image_.get(), 0, 0, result.width(), result.height(), gdTrueColor(255, 255, 255));
  gdImageCopyResampled(result.image_.get(), image_.get(), 0, 0, 0, 0, result.width(), result.height(), width(),
                       height());
  return result;
}

void picture::sharpen() { gdImageSharpen(image_.get(), 20); }

int picture::width() const { return gdImageSX(image_.get()); }
int picture::height() const { return gdImageSY(image_.get()); }

void picture::set(int x, int y, int red, int green, int blue) {
  gdImageSetPixel(image_.get(), x, y, gdTrueColor(red, green, blue));
}

void picture::fill_circle(int x, int y, int radius, int red, int green, int blue) {
  gdImageFilledEllipse(image_.get(), x, y, 2 * radius, 2 * radius, gdTrueColor(red, green, blue));
}

}  // namespace tour
