#include "process.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <map>
#include <thread>

#include "error.hpp"

namespace goro::command {
namespace {

std::atomic<pid_t> child_to_tell{0};

void pass_on(int signal) {
  if (const pid_t child = child_to_tell.load(); child > 0) {
    kill(child, signal);
  }
}

void set_handler(int signal, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  sigaction(signal, &action, nullptr);
}

// While a program runs that the user sees as the one he started.
class signals_belong_to_child {
 public:
  signals_belong_to_child() {
    set_handler(SIGINT, SIG_IGN);
    set_handler(SIGQUIT, SIG_IGN);
    set_handler(SIGTERM, &pass_on);
    set_handler(SIGHUP, &pass_on);
  }
  ~signals_belong_to_child() {
    child_to_tell.store(0);
    for (const int signal : {SIGINT, SIGQUIT, SIGTERM, SIGHUP}) {
      set_handler(signal, SIG_DFL);
    }
  }
};

std::vector<char*> words_of(const arguments& command) {
  std::vector<char*> words;
  for (const std::string& word : command) {
    words.push_back(const_cast<char*>(word.c_str()));
  }
  words.push_back(nullptr);
  return words;
}

// `output`: where its stdout goes; -1: to ours.
pid_t start(const arguments& command, int output) {
  const std::vector<char*> words = words_of(command);
  const pid_t child = fork();
  if (child < 0) {
    throw failure("cannot start " + command.front() + ": " + std::strerror(errno));
  }
  if (child == 0) {
    for (const int signal : {SIGINT, SIGQUIT, SIGTERM, SIGHUP}) {
      set_handler(signal, SIG_DFL);
    }
    if (output >= 0) {
      dup2(output, STDOUT_FILENO);
    }
    execvp(words.front(), words.data());
    const std::string text = "goro: cannot run " + command.front() + ": " + std::strerror(errno) + "\n";
    [[maybe_unused]] const ssize_t ignored = write(STDERR_FILENO, text.data(), text.size());
    constexpr int not_found = 127;
    _exit(not_found);
  }
  return child;
}

int status_of(int wait_status) {
  constexpr int ended_by_signal = 128;
  return WIFSIGNALED(wait_status) ? ended_by_signal + WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
}

int wait_for(pid_t child) {
  int wait_status = 0;
  while (waitpid(child, &wait_status, 0) < 0) {
    if (errno != EINTR) {
      throw failure(std::string("waitpid: ") + std::strerror(errno));
    }
  }
  return status_of(wait_status);
}

}  // namespace

std::filesystem::path find_program(const std::string& name) {
  if (name.find('/') != std::string::npos) {
    return access(name.c_str(), X_OK) == 0 ? std::filesystem::path(name) : std::filesystem::path();
  }
  const char* path = std::getenv("PATH");
  std::string folders = path != nullptr ? path : "/usr/local/bin:/usr/bin:/bin";
  for (std::size_t at = 0; at <= folders.size();) {
    const std::size_t end = std::min(folders.find(':', at), folders.size());
    const std::filesystem::path candidate = std::filesystem::path(folders.substr(at, end - at)) / name;
    if (std::filesystem::is_regular_file(candidate) && access(candidate.c_str(), X_OK) == 0) {
      return candidate;
    }
    at = end + 1;
  }
  return {};
}

int run(const arguments& command) {
  const signals_belong_to_child scope;
  const pid_t child = start(command, -1);
  child_to_tell.store(child);
  return wait_for(child);
}

int run_all(const std::vector<arguments>& commands) {
  const std::size_t at_once = std::max(1U, std::thread::hardware_concurrency());
  std::vector<int> statuses(commands.size(), 0);
  std::map<pid_t, std::size_t> running;
  std::size_t next = 0;
  while (next < commands.size() || !running.empty()) {
    if (next < commands.size() && running.size() < at_once) {
      running.emplace(start(commands[next], -1), next);
      ++next;
      continue;
    }
    int wait_status = 0;
    const pid_t ended = waitpid(-1, &wait_status, 0);
    if (ended < 0 && errno != EINTR) {
      throw failure(std::string("waitpid: ") + std::strerror(errno));
    }
    if (const auto found = running.find(ended); found != running.end()) {
      statuses[found->second] = status_of(wait_status);
      running.erase(found);
    }
  }
  const auto bad = std::find_if(statuses.begin(), statuses.end(), [](int status) { return status != 0; });
  return bad != statuses.end() ? *bad : 0;
}

captured run_and_capture(const arguments& command) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) {
    throw failure(std::string("pipe: ") + std::strerror(errno));
  }
  const pid_t child = start(command, ends[1]);
  close(ends[1]);
  captured result{};
  char buffer[4096];
  for (;;) {
    const ssize_t got = read(ends[0], buffer, sizeof(buffer));
    if (got > 0) {
      result.output.append(buffer, static_cast<std::size_t>(got));
    } else if (got == 0 || errno != EINTR) {
      break;
    }
  }
  close(ends[0]);
  result.status = wait_for(child);
  return result;
}

}  // namespace goro::command
