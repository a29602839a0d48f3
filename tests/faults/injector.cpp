// A thread of this process puts itself under the filter and forks: the child inherits it, the rest of this process does
// not have it. The thread's own calls, and the child's before arm(), arrive here too and go on. arm() is a call that
// does nothing else.
#include "injector.hpp"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>

namespace faults {
namespace {

constexpr std::uint32_t arming_argument = 0x60C0FA17;
constexpr std::chrono::seconds hang_limit{60};

sock_filter load(std::size_t offset) { return BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset)); }
// Skips `otherwise` instructions unless the loaded word is `value`.
sock_filter unless_equal(std::uint32_t value, std::uint8_t otherwise) {
  return BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, otherwise);
}
sock_filter answer(std::uint32_t what) { return BPF_STMT(BPF_RET | BPF_K, what); }

std::size_t offset_of_argument(int i) {
  return offsetof(seccomp_data, args) + static_cast<std::size_t>(i) * sizeof(std::uint64_t);  // the lower half
}

std::vector<sock_filter> filter_for(const system_call& call) {
  std::vector<sock_filter> program{
      load(offsetof(seccomp_data, nr)), unless_equal(SYS_getpgid, 3),   load(offset_of_argument(0)),
      unless_equal(arming_argument, 1), answer(SECCOMP_RET_USER_NOTIF), load(offsetof(seccomp_data, nr)),
  };
  if (call.argument >= 0) {
    program.insert(program.end(), {unless_equal(static_cast<std::uint32_t>(call.number), 3),
                                   load(offset_of_argument(call.argument)), unless_equal(call.value, 1)});
  } else {
    program.push_back(unless_equal(static_cast<std::uint32_t>(call.number), 1));
  }
  program.push_back(answer(SECCOMP_RET_USER_NOTIF));
  program.push_back(answer(SECCOMP_RET_ALLOW));
  return program;
}

// Puts the calling thread under the filter. The descriptor that its calls arrive at, or -1.
int install_filter(const system_call& call) {
  std::vector<sock_filter> program = filter_for(call);
  const sock_fprog described{static_cast<unsigned short>(program.size()), program.data()};
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
    return -1;
  }
  return static_cast<int>(
      ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &described));
}

[[noreturn]] void give_up(const char* what) {
  std::perror(what);
  std::exit(1);
}

// The child's side of the fork: only calls, no memory.
[[noreturn]] void become(char* const* arguments, int output) {
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  ::execv("/proc/self/exe", arguments);
  ::_exit(127);
}

class supervised {
 public:
  supervised(const std::vector<std::string>& arguments, const injection& fault) : fault_(fault) {
    words_.push_back(const_cast<char*>("faults"));
    for (const std::string& a : arguments) {
      words_.push_back(const_cast<char*>(a.c_str()));
    }
    words_.push_back(nullptr);
    if (::pipe2(pipe_, O_CLOEXEC) != 0) {
      give_up("pipe2");
    }
    starter_ = std::thread([this] { start(); });
    listener_.wait(0);
    if (listener_ < 0) {
      give_up("seccomp");
    }
  }
  supervised(const supervised&) = delete;
  supervised& operator=(const supervised&) = delete;
  ~supervised() {
    ::close(listener_);
    starter_.join();
    ::close(pipe_[0]);
  }

  run_result watch() {
    run_result result;
    pollfd wanted[2] = {{listener_, POLLIN, 0}, {pipe_[0], POLLIN, 0}};
    const auto end = std::chrono::steady_clock::now() + hang_limit;
    for (bool alive = true; alive;) {
      ::poll(wanted, 2, 1000);
      if (std::chrono::steady_clock::now() > end) {
        result.hung = true;
        if (child_ > 0) {
          ::kill(child_, SIGKILL);
        }
        break;
      }
      if ((wanted[0].revents & POLLIN) != 0) {
        serve(result);
      }
      if ((wanted[0].revents & POLLHUP) != 0) {
        wanted[0].fd = -1;
      }
      if (wanted[1].revents != 0) {
        alive = read_output(result.output);
      }
    }
    ::waitpid(child_, &result.status, 0);
    return result;
  }

 private:
  void start() {
    const int listener = install_filter(fault_.call);
    listener_ = listener != 0 ? listener : -1;
    listener_.notify_one();
    if (listener < 0) {
      return;
    }
    const pid_t child = ::fork();
    if (child == 0) {
      become(words_.data(), pipe_[1]);
    }
    if (child < 0) {
      give_up("fork");
    }
    child_ = child;
    ::close(pipe_[1]);
  }

  // One call that waits for an answer. When a signal took its thread away there is none any more: it will ask again.
  void serve(run_result& result) {
    seccomp_notif call;
    std::memset(&call, 0, sizeof call);
    if (::ioctl(listener_, SECCOMP_IOCTL_NOTIF_RECV, &call) != 0) {
      return;
    }
    seccomp_notif_resp reply{call.id, 0, 0, SECCOMP_USER_NOTIF_FLAG_CONTINUE};
    if (call.data.nr == SYS_getpgid && static_cast<std::uint32_t>(call.data.args[0]) == arming_argument) {
      armed_ = true;
    } else if (armed_ && must_fail(++result.calls)) {
      ++result.failed;
      reply.flags = 0;
      reply.error = -fault_.error;
    }
    ::ioctl(listener_, SECCOMP_IOCTL_NOTIF_SEND, &reply);
  }

  bool must_fail(std::uint64_t call) const {
    return fault_.first != 0 && (fault_.how == extent::once ? call == fault_.first : call >= fault_.first);
  }

  // False at the end: the child is gone.
  bool read_output(std::string& output) const {
    char text[4096];
    const ssize_t n = ::read(pipe_[0], text, sizeof text);
    if (n > 0) {
      output.append(text, static_cast<std::size_t>(n));
    }
    return n > 0;
  }

  const injection fault_;
  std::vector<char*> words_;
  int pipe_[2] = {-1, -1};
  std::thread starter_;
  std::atomic<int> listener_{0};
  std::atomic<pid_t> child_{0};
  bool armed_ = false;
};

}  // namespace

bool can_inject() {
  bool can = false;
  std::thread([&can] {
    const int listener = install_filter({SYS_getpgid});
    can = listener >= 0;
    if (can) {
      ::close(listener);
    }
  }).join();
  return can;
}

run_result run_injected(const std::vector<std::string>& arguments, const injection& fault) {
  return supervised(arguments, fault).watch();
}

void arm() { ::syscall(SYS_getpgid, arming_argument); }

}  // namespace faults
