#include "scenario.hpp"

#include <signal.h>
#include <sys/resource.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <exception>
#include <new>
#include <span>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>

#include "goro/chan.hpp"
#include "goro/context.hpp"
#include "goro/debug.hpp"
#include "goro/go.hpp"
#include "goro/net.hpp"
#include "goro/select.hpp"
#include "goro/signal.hpp"
#include "goro/time.hpp"
#include "goro/wait_group.hpp"

namespace faults {
namespace {

using namespace std::chrono_literals;

void expect(bool holds, const char* what) {
  if (!holds) {
    throw wrong_result{what};
  }
}

void expect_no_error(const std::error_code& error, const char* what) {
  if (error) {
    throw std::runtime_error(std::string(what) + ": " + error.message());
  }
}

// More goroutines at a time than one region of stacks holds, all of which wait. What is started is waited for, also
// when the system refuses the rest.
void crowd() {
  constexpr int n = 600;
  const auto numbers = goro::make_chan<int>();
  goro::wait_group ended;
  int started = 0;
  try {
    for (; started < n; ++started) {
      ended.go([numbers, i = started] { numbers.send(i); });
    }
  } catch (const std::bad_alloc&) {
    for (int i = 0; i < started; ++i) {
      numbers.recv();
    }
    ended.wait();
    throw;
  }
  goro::yield();
  long sum = 0;
  for (int i = 0; i < n; ++i) {
    sum += numbers.recv().value();
  }
  ended.wait();
  expect(sum == n * (n - 1) / 2, "the sum of what the crowd sent");
}

void timers() {
  const auto started = std::chrono::steady_clock::now();
  goro::sleep(2ms);
  expect(std::chrono::steady_clock::now() - started >= 2ms, "a sleep is not too short");
  const goro::cancelable limited = goro::with_timeout(goro::background(), 1ms);
  limited.ctx.done().recv();
  expect(limited.ctx.err() == goro::errc::deadline_exceeded, "a context ends by its deadline");
  limited.cancel();
}

// More calls that block at a time than there are processors.
void blocking_calls() {
  goro::wait_group ended;
  std::atomic<int> done{0};
  for (int i = 0; i < 8; ++i) {
    ended.go([&done] {
      goro::blocking([] { std::this_thread::sleep_for(3ms); });
      ++done;
    });
  }
  ended.wait();
  expect(done == 8, "every blocking call returns");
}

void locked_thread() {
  goro::wait_group ended;
  ended.go([] {
    goro::lock_os_thread();  // the thread ends with it
    goro::yield();
  });
  ended.wait();
}

// Not by clock_gettime, which may be the call that is to fail.
std::chrono::microseconds cpu_time_of_thread() {
  rusage used{};
  getrusage(RUSAGE_THREAD, &used);
  return std::chrono::seconds(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
         std::chrono::microseconds(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
}

// A goroutine that computes and does not call goro loses its processor; unless there is no thread for anybody else. It
// then ends by itself here; others would have to wait as long as it goes on. By its CPU time, since on a busy machine
// it computes for longer until it is noticed.
void endless_loop() {
  std::atomic<bool> stop{false};
  bool stopped = false;
  goro::wait_group ended;
  const int before = goro::gomaxprocs(1);
  ended.go([&] {
    const auto end = cpu_time_of_thread() + 3s;
    for (long turn = 1; !(stopped = stop) && (turn % 100'000 != 0 || cpu_time_of_thread() < end); ++turn) {
    }
  });
  goro::yield();
  stop = true;
  ended.wait();
  goro::gomaxprocs(before);
  if (!stopped) {
    throw std::runtime_error("nobody could run beside a goroutine that computes");
  }
}

void signals() {
  const auto c = goro::make_chan<int>(1);
  goro::signal::notify(c, {SIGUSR1});
  raise(SIGUSR1);
  const int got = c.recv().value();
  goro::signal::stop(c);
  expect(got == SIGUSR1, "the signal that was sent");
}

void traces() {
  expect(goro::debug::stacks().find("goroutine 1 ") != std::string::npos, "a trace of the main goroutine");
  expect(goro::debug::leaks().empty(), "nobody leaks");
}

// Echoes one message for each connection, until the listener is closed. Whoever comes while it fails gets the end of a
// connection.
struct echo_server {
  std::error_code ended_by;
  std::error_code failed;  // an exchange

  void serve(const goro::net::listener& l) {
    for (goro::net::conn c = l.accept(ended_by); !ended_by; c = l.accept(ended_by)) {
      std::byte buffer[100];
      std::error_code broken;
      const std::size_t n = c.read(buffer, broken);
      if (!broken) {
        c.write(std::span(buffer, n), broken);
      }
      failed = broken ? broken : failed;
      c.close(broken);
    }
    std::error_code ignored;
    l.close(ignored);
  }
};

// False: the connection ended before the echo came.
bool round_trip(const goro::net::listener& l) {
  const goro::net::conn c = goro::net::dial("tcp", l.local().to_string());
  c.set_deadline(std::chrono::steady_clock::now() + 20s);
  c.write("ping");
  char reply[4] = {};
  std::error_code error;
  const std::size_t n = c.read_full(std::as_writable_bytes(std::span(reply)), error);
  expect_no_error(error, "read");
  expect(n == 0 || std::string(reply, n) == "ping", "the echo");
  return n != 0;
}

void network() {
  const goro::net::listener l = goro::net::listen("tcp", "127.0.0.1:0");
  goro::wait_group ended;
  echo_server server;
  ended.go([&] { server.serve(l); });
  bool whole = true;
  std::exception_ptr failed;
  try {
    for (int i = 0; i < 3; ++i) {
      whole = round_trip(l) && whole;
    }
  } catch (...) {
    failed = std::current_exception();
  }
  std::error_code error;
  l.close(error);
  ended.wait();
  if (server.ended_by != goro::errc::closed) {
    expect_no_error(server.ended_by, "accept");
  }
  expect_no_error(server.failed, "echo");
  if (failed) {
    std::rethrow_exception(failed);
  }
  expect(whole, "an echo for each connection");
}

void names() {
  std::error_code error;
  const auto found = goro::net::lookup_host(goro::background(), "localhost", error);
  expect_no_error(error, "lookup localhost");
  expect(!found.empty(), "an address of localhost");
}

void use_everything(bool whole) {
  crowd();
  timers();
  blocking_calls();
  locked_thread();
  if (whole) {
    endless_loop();
    signals();
  }
  traces();
  network();
  timers();  // the poller sleeps until they are due
  names();
}

}  // namespace

void scenario(bool whole) {
  std::exception_ptr failed;  // one that leaves a goroutine would end the program
  goro::gomaxprocs(4);
  goro::run([&failed, whole] {
    try {
      use_everything(whole);
    } catch (...) {
      failed = std::current_exception();
    }
  });
  if (failed) {
    std::rethrow_exception(failed);
  }
}

}  // namespace faults
