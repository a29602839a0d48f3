// A child of fork() may exec or leave, nothing else.
#include <goro/go.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <string_view>

namespace {

int status_of(pid_t child) {
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void in_child(std::string_view what) {
  if (what == "exec") {
    execl("/bin/true", "true", nullptr);
  } else if (what == "leave") {
    _exit(0);
  } else if (what == "go") {
    goro::go([] {});
  } else {
    goro::yield();
    goro::gomaxprocs();
  }
  _exit(9);
}

}  // namespace

int main(int, char** argv) {
  const std::string_view what = argv[1];
  return goro::run([what] {
    const pid_t child = fork();
    if (child == 0) {
      in_child(what);
    }
    return status_of(child);
  });
}
