// What ThreadSanitizer knows about a race it has found, and the places where goro takes over from it. Race builds only.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "goro/detail/config.hpp"

namespace goro::platform {

// Return addresses, innermost call first.
struct race_calls {
  static constexpr std::size_t capacity = 256;
  std::array<void*, capacity> address{};  // null after the last

  std::size_t size() const noexcept;
};

struct race_access {
  int thread;  // as race_thread::number
  std::uintptr_t address;
  int size;
  bool write;
  bool atomic;
};

// A goroutine or a thread that took part. Goroutines have the name that sanitizer_describe gave them.
struct race_thread {
  int number;
  std::uint64_t os_id;  // of a thread, as the kernel counts
  bool running;         // or finished
  const char* name;
};

struct race_memory {
  enum class kind : std::uint8_t { heap, other };
  kind what;
  std::uintptr_t start;
  std::size_t size;
  int thread;  // that allocated it
};

// Valid during the call that got it.
class race_report {
 public:
  explicit race_report(void* description) noexcept;

  std::string_view kind() const noexcept { return kind_; }  // "data-race" and others
  int accesses() const noexcept { return accesses_; }
  int threads() const noexcept { return threads_; }
  int places() const noexcept { return places_; }
  int stacks() const noexcept { return stacks_; }

  bool may_allocate() const noexcept;  // whoever makes a text of it

  race_access access(int i, race_calls& calls) const noexcept;
  race_thread thread(int i, race_calls& creation) const noexcept;
  race_memory place(int i, race_calls& allocation) const noexcept;
  void stack(int i, race_calls& calls) const noexcept;

 private:
  void* description_;
  const char* kind_ = "";
  int accesses_ = 0;
  int threads_ = 0;
  int places_ = 0;
  int stacks_ = 0;
};

// The name of a goroutine's fiber, and back. `creation`: return addresses from the go statement outwards, null after
// the last; it lives for ever. Null: not known, and then `creator` may be.
struct goroutine_label {
  static constexpr std::size_t most = 64;
  std::uint64_t id = 0;
  const void* const* creation = nullptr;
  const void* creator = nullptr;

  void write(char (&name)[most]) const noexcept;
  bool read(const char* name) noexcept;  // false: not a goroutine's
};

struct race_hooks {
  // A report, in the name of the goroutine that ran into it. ThreadSanitizer's locks are held: nothing may be called
  // that starts a thread, switches, touches memory that the program shares, or becomes an event in a goroutine's
  // history (as annotations do): an event may need the locks. Called by one thread at a time.
  void (*report)(const race_report&) noexcept;
  // The process ends. True: with the status for races.
  bool (*end)() noexcept;
};
// From now on. Without this ThreadSanitizer prints its own texts.
void hook_race_reports(const race_hooks& hooks) noexcept;

// Is the calling thread in race_hooks::report?
bool inside_race_report() noexcept;

// To where log_path says.
void write_race_text(std::string_view text) noexcept;

}  // namespace goro::platform
