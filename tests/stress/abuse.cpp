// What C++ code does that a runtime may not disturb, while processors are taken away all the time
// (GORODEBUG=handoff=always): memory of malloc with a pattern, a shared FILE, std::mutex, exceptions in catch blocks,
// errno, streams, vectors, system calls that would return EINTR if there were a signal. After each piece of work the
// goroutine yields.
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <mutex>
#include <numeric>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "goro/wait_group.hpp"
#include "stress.hpp"

namespace {

constexpr int goroutines = stress::by_build(32, 16, 12);
constexpr int turns = stress::by_build(40, 20, 10);

struct shared_things {
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file{std::tmpfile(), &std::fclose};
  std::atomic<long> characters{0};
  std::mutex mutex;
  long guarded = 0;
  std::array<int, 2> pipe{};

  shared_things() { stress::expect(file != nullptr && ::pipe(pipe.data()) == 0, "no file, or no pipe"); }
  shared_things(const shared_things&) = delete;
  shared_things& operator=(const shared_things&) = delete;
  ~shared_things() {
    ::close(pipe[0]);
    ::close(pipe[1]);
  }
};

void use_malloc(stress::dice& dice) {
  const std::size_t size = 1 + dice.below(20'000);
  const int pattern = static_cast<int>(dice.below(256));
  auto* memory = static_cast<unsigned char*>(std::malloc(size));
  stress::expect(memory != nullptr, "out of memory");
  std::memset(memory, pattern, size);
  goro::yield();
  for (std::size_t i = 0; i < size; ++i) {
    stress::expect(memory[i] == pattern, "memory has changed");
  }
  std::free(memory);
}

void use_file(shared_things& things, stress::dice& dice) {
  const int written = std::fprintf(things.file.get(), "%llu\n", static_cast<unsigned long long>(dice.below(1'000'000)));
  stress::expect(written > 0, "fprintf");
  things.characters += written;
}

void use_mutex(shared_things& things, stress::dice& dice) {
  const std::lock_guard hold(things.mutex);
  const long before = things.guarded;
  for (std::uint64_t i = dice.below(2'000); i != 0; --i) {
    asm volatile("");
  }
  things.guarded = before + 1;
}

void use_exceptions(stress::dice& dice) {
  const auto number = dice.below(1000);
  try {
    throw std::runtime_error(std::to_string(number));
  } catch (const std::runtime_error& outer) {
    goro::yield();
    try {
      throw std::logic_error("inner");
    } catch (const std::logic_error&) {
      goro::yield();
    }
    stress::expect(outer.what() == std::to_string(number), "another goroutine's exception");
  }
}

void use_errno(stress::dice& dice) {
  errno = 0;
  stress::expect(::close(-1 - static_cast<int>(dice.below(5))) == -1 && errno == EBADF, "another thread's errno");
}

void use_stream_and_vector(stress::dice& dice) {
  std::vector<int> numbers(1 + dice.below(2'000));
  std::iota(numbers.begin(), numbers.end(), 0);
  const std::vector<int> copy = numbers;
  std::ostringstream stream;
  stream << copy.size() << ' ' << copy.back();
  stress::expect(stream.str() == std::to_string(copy.size()) + ' ' + std::to_string(copy.size() - 1), "stream");
}

// Reads what another of the crowd writes: it may block, untold.
void use_pipe(shared_things& things) {
  char byte = 'x';
  stress::expect(::write(things.pipe[1], &byte, 1) == 1, "write was interrupted");
  stress::expect(::read(things.pipe[0], &byte, 1) == 1, "read was interrupted");
}

void abuse(shared_things& things, stress::dice dice) {
  for (int turn = 0; turn < turns; ++turn) {
    use_malloc(dice);
    use_file(things, dice);
    use_mutex(things, dice);
    use_exceptions(dice);
    use_errno(dice);
    use_stream_and_vector(dice);
    use_pipe(things);
    goro::yield();
    stress::progress();
  }
}

void play(long round) {
  shared_things things;
  goro::wait_group ended;
  for (int i = 0; i < goroutines; ++i) {
    ended.go([&things, round, i] { abuse(things, stress::dice(static_cast<std::uint64_t>(round * goroutines + i))); });
  }
  ended.wait();
  stress::expect_equal(things.guarded, long{goroutines} * turns, "turns under the mutex");
  stress::expect_equal(std::ftell(things.file.get()), things.characters.load(), "characters in the file");
}

}  // namespace

int main(int argc, char** argv) {
  setenv("GORODEBUG", "rescue=off,handoff=always", 0);
  return stress::play(argc, argv, "abuse", 5, play);
}
