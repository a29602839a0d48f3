// Loads the library, uses it from two threads, unloads it and loads it again. dlclose() takes one reference away and
// leaves the code where it is, for goro's threads run it; so it works as before afterwards, and the process ends as it
// should.
#include <dlfcn.h>

#include <cstdio>
#include <thread>

namespace {

bool failed = false;

void expect(bool holds, const char* what) {
  if (!holds) {
    std::fprintf(stderr, "wrong: %s\n", what);
    failed = true;
  }
}

bool use(const char* path) {
  void* library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    std::fprintf(stderr, "%s\n", dlerror());
    return false;
  }
  const auto sum_of_squares = reinterpret_cast<int (*)(int)>(dlsym(library, "sum_of_squares"));
  const auto catches = reinterpret_cast<bool (*)()>(dlsym(library, "catches"));
  expect(sum_of_squares(100) == 328'350, "the sum of a hundred squares");
  std::thread other([&] { expect(sum_of_squares(10) == 285, "the sum by another thread"); });
  expect(catches(), "an exception that is caught in a goroutine");
  other.join();
  expect(dlclose(library) == 0, "dlclose");
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  for (int i = 0; i < 3 && argc == 2; ++i) {
    if (!use(argv[1])) {
      return 1;
    }
  }
  std::puts(failed ? "wrong" : "all right");
  return failed ? 1 : 0;
}
