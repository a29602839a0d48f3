// Images: a goroutine for every picture of a folder; a semaphore says how many of them work at a time.
// Each reads a PNG or JPEG file, shrinks it to a thumbnail, sharpens it and writes it as JPEG.
#include <algorithm>
#include <cctype>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <unistd.h>

#include <goro/goro.hpp>

#include "images/file.hpp"
#include "images/picture.hpp"
#include "images/samples.hpp"
#include "support/flags.hpp"

namespace fs = std::filesystem;

// Returns what became of it, in words.
std::string make_thumbnail(const fs::path& source, const fs::path& target) {
  const auto content = tour::read_file(source);
  const auto original = tour::picture::decode(content);
  auto thumbnail = original.fitted_into(256);
  thumbnail.sharpen();
  const auto compressed = thumbnail.to_jpeg(/*quality=*/82);
  tour::write_file(target, compressed);

  char result[100];
  std::snprintf(result, sizeof result, "%dx%d -> %dx%d, %zu -> %zu bytes", original.width(), original.height(),
                thumbnail.width(), thumbnail.height(), content.size(), compressed.size());
  return result;
}

// How far we are: one line that is rewritten in place on a terminal, a line for each picture elsewhere.
// Errors stay on either.
class progress {
 public:
  explicit progress(std::size_t total) : total_(total) {}

  ~progress() { std::fputs(erase_, stdout); }

  void done(const fs::path& file, const std::string& result) {
    const std::lock_guard lock(mutex_);
    ++done_;
    if (terminal_) {
      std::printf("%s%zu of %zu", erase_, done_, total_);
      std::fflush(stdout);
    } else {
      std::printf("%zu of %zu, %s: %s\n", done_, total_, file.filename().c_str(), result.c_str());
    }
  }

  void failed(const fs::path& file, const std::string& why) {
    const std::lock_guard lock(mutex_);
    ++done_;
    ++failed_;
    std::printf("%s%zu of %zu, %s: error: %s\n", erase_, done_, total_, file.filename().c_str(), why.c_str());
  }

  std::size_t failures() {
    const std::lock_guard lock(mutex_);
    return failed_;
  }

 private:
  const bool terminal_ = isatty(STDOUT_FILENO) != 0;
  const char* const erase_ = terminal_ ? "\r\033[K" : "";
  const std::size_t total_;
  goro::mutex mutex_;  // guards what follows, and keeps lines whole
  std::size_t done_ = 0;
  std::size_t failed_ = 0;
};

// Returns how many failed.
std::size_t make_thumbnails(const std::vector<fs::path>& files, const fs::path& out, long workers) {
  progress progress(files.size());
  goro::semaphore slots(workers);
  goro::wait_group wg;
  for (const fs::path& file : files) {
    wg.go([&, target = out / (file.filename().string() + ".jpg")] {
      slots.acquire();
      goro::defer release{[&] { slots.release(); }};
      try {
        progress.done(file, make_thumbnail(file, target));
      } catch (const std::exception& error) {  // this picture's trouble, not the others'
        progress.failed(file, error.what());
      }
    });
  }
  wg.wait();
  return progress.failures();
}

std::vector<fs::path> pictures_in(const fs::path& folder) {
  std::vector<fs::path> result;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    std::string extension = entry.path().extension().string();
    std::transform(extension.begin(), extension.end(), extension.begin(),
                   [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
    if (entry.is_regular_file() && (extension == ".png" || extension == ".jpg" || extension == ".jpeg")) {
      result.push_back(entry.path());
    }
  }
  std::sort(result.begin(), result.end());
  return result;
}

// A new folder that is removed, with all in it, at the end.
class temporary_folder {
 public:
  temporary_folder() {
    std::string name = (fs::temp_directory_path() / "goro-images-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) {
      tour::fail(name, "cannot create a temporary folder");
    }
    path_ = name;
  }
  ~temporary_folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  temporary_folder(const temporary_folder&) = delete;
  temporary_folder& operator=(const temporary_folder&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

int main(int argc, char** argv) try {
  tour::flags flags(argc, argv, "[--dir PATH] [--out PATH] [--workers N]");
  fs::path dir = flags.text("--dir", "");
  fs::path out = flags.text("--out", "");
  const long workers = flags.number("--workers", goro::gomaxprocs(), 1, 10'000);
  flags.no_more();

  const bool use_samples = dir.empty();
  const bool discard_thumbnails = out.empty();
  std::vector<fs::path> files;
  std::error_code error;
  if (!use_samples) {
    if (!fs::is_directory(dir, error)) {
      flags.refuse("--dir " + dir.string() + " is not a folder");
    }
    files = pictures_in(dir);
    if (files.empty()) {
      flags.refuse("no PNG or JPEG files in --dir " + dir.string());
    }
  }
  if (!discard_thumbnails) {
    fs::create_directories(out, error);
    if (error || access(out.c_str(), W_OK) != 0) {
      flags.refuse("cannot write into --out " + out.string());
    }
    if (!use_samples && fs::equivalent(dir, out, error)) {
      flags.refuse("--dir and --out are the same folder");
    }
  }

  std::puts("watch: a damaged file costs one line, the other pictures go on");
  const temporary_folder temporary;
  if (use_samples) {
    dir = temporary.path() / "pictures";
    fs::create_directory(dir);
    tour::make_samples(dir);
    files = pictures_in(dir);
  }
  if (discard_thumbnails) {
    out = temporary.path() / "thumbnails";
    fs::create_directory(out);
  }

  const auto start = std::chrono::steady_clock::now();
  const std::size_t failed = make_thumbnails(files, out, workers);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  std::printf("%zu thumbnails, %zu failed, %ld at a time, %.2f s\n", files.size() - failed, failed, workers,
              took.count());
  if (discard_thumbnails) {
    std::puts("removed again: --out PATH keeps them");
  }
  const std::size_t expected_failures = use_samples ? 1 : 0;  // one sample is broken on purpose
  return failed == expected_failures ? 0 : 1;
} catch (const fs::filesystem_error& error) {
  std::fprintf(stderr, "%s: %s\n", argv[0], error.what());
  return 2;
}
