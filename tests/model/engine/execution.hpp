// One execution of a scenario: its threads, which of them runs next, and what each operation does.
//
// Threads are stacks of one OS thread; they change only at operations on atomics, at waits and at pauses. Which thread
// goes on and which message a load reads are choices; explore.cpp takes all of them in turn, or random ones.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "engine/memory.hpp"
#include "goro/detail/config.hpp"
#include "platform/context.hpp"

namespace goro::model {

enum class order : std::uint8_t { relaxed, acquire, release, acq_rel, seq_cst };

struct place {
  const char* file;
  unsigned line;
  static constexpr place current(const char* file = __builtin_FILE(), unsigned line = __builtin_LINE()) noexcept {
    return {file, line};
  }
};

// Where a modelled atomic lives: its value before anything was stored, and its location in the present execution.
struct cell {
  std::uint64_t initial = 0;
  mutable std::uint64_t execution = 0;
  mutable std::uint32_t index = 0;
};

// Operations; outside of any execution they act on `initial`.
std::uint64_t load(const cell& c, order o, place where) noexcept;
void store(cell& c, std::uint64_t value, order o, place where) noexcept;
// `change` gets the old value and returns the new one.
std::uint64_t modify(cell& c, order o, place where, const std::function<std::uint64_t(std::uint64_t)>& change) noexcept;
bool compare_exchange(cell& c, std::uint64_t& expected, std::uint64_t desired, bool weak, order success, order failure,
                      place where) noexcept;
void fence(place where) noexcept;  // sequentially consistent
// Makes every thread execute such a fence, as membarrier does.
void fence_everywhere(place where) noexcept;
void pause() noexcept;  // in a spin loop: others go on first, and what they have stored is seen afterwards

std::int64_t now() noexcept;
bool wait_while_equal(const cell& c, std::uint32_t expected, std::int64_t deadline, place where) noexcept;
void wake(const void* address, int count, place where) noexcept;

// Ends the execution as failed. In a scenario's thread it does not return.
void fail(const std::string& what);
void expect(bool condition, const char* what);
// The thread that runs; most_threads outside of threads.
unsigned this_thread() noexcept;

// A plain variable: two accesses of which one writes must be ordered by happens-before.
template <class T>
class data;
void note_read(const void* variable, std::array<std::uint16_t, most_threads>& reads, unsigned writer, std::uint16_t at);
void note_write(const void* variable, std::array<std::uint16_t, most_threads>& reads, unsigned& writer,
                std::uint16_t& at);

template <class T>
class data {
 public:
  data() = default;
  explicit data(T value) : value_(value) {}
  const T& get() const {
    note_read(this, reads_, writer_, written_at_);
    return value_;
  }
  void set(T value) {
    note_write(this, reads_, writer_, written_at_);
    value_ = value;
  }

 private:
  T value_{};
  mutable std::array<std::uint16_t, most_threads> reads_{};
  unsigned writer_ = most_threads;
  std::uint16_t written_at_ = 0;
};

// What a scenario's set-up gets.
class scene {
 public:
  void thread(const char* name, std::function<void()> body);
  // One that may wait for ever: an execution is over when all others have ended and nobody can go on.
  void background_thread(const char* name, std::function<void()> body);
  // Called when it is over.
  void at_end(std::function<void()> check);
};

}  // namespace goro::model
