#include "platform/sanitizer.hpp"

#include <cerrno>

#if GORO_WITH_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#include <sanitizer/lsan_interface.h>

#include "platform/os.hpp"
#endif

#if GORO_WITH_TSAN
#include <sanitizer/tsan_interface.h>
#include <sys/mman.h>

#include "base/atomic.hpp"
#include "base/check.hpp"
#include "platform/race_report.hpp"

extern "C" [[gnu::weak]] void __tsan_on_thread_idle();
#endif

#if GORO_WITH_TSAN
extern "C" void AnnotateBenignRaceSized(const char* file, int line, void* address, std::size_t size,
                                        const char* description);
#endif

#if GORO_WITH_TSAN && !defined(GORO_RACE_SELF)
extern "C" {
void __tsan_read8_pc(void* address, void* return_address);
void __tsan_write8_pc(void* address, void* return_address);
void AnnotateIgnoreReadsBegin(const char* file, int line);
void AnnotateIgnoreReadsEnd(const char* file, int line);
void AnnotateIgnoreWritesBegin(const char* file, int line);
void AnnotateIgnoreWritesEnd(const char* file, int line);
}
#endif

namespace goro::platform {

#if GORO_WITH_ASAN

namespace {

// Frames that were left without returning (by the last switch, or by forced unwinding past frames without cleanups)
// leave their red zones poisoned; the next user of the stack must not stumble over them. Looks first: writing the
// shadow of a whole stack would commit it.
void unpoison(const void* low, const void* high) noexcept {
  auto* begin = static_cast<char*>(const_cast<void*>(low));
  auto* end = static_cast<char*>(const_cast<void*>(high));
  if (auto* poisoned = static_cast<char*>(__asan_region_is_poisoned(begin, static_cast<std::size_t>(end - begin)))) {
    __asan_unpoison_memory_region(poisoned, static_cast<std::size_t>(end - poisoned));
  }
}

}  // namespace

void sanitizer_adopt_thread(sanitizer_fiber& fiber) noexcept {
  const stack_bounds bounds = thread_stack();
  fiber.bottom = bounds.low;
  fiber.size = static_cast<std::size_t>(bounds.high - bounds.low);
}

void sanitizer_create(sanitizer_fiber& fiber, const std::byte* low, const std::byte* high) noexcept {
  fiber.fake_stack = nullptr;
  fiber.bottom = low;
  fiber.size = static_cast<std::size_t>(high - low);
}

void sanitizer_destroy(sanitizer_fiber& fiber) noexcept {
  unpoison(fiber.bottom, static_cast<const std::byte*>(fiber.bottom) + fiber.size);
}

void sanitizer_before_switch(sanitizer_fiber& from, const sanitizer_fiber& to, bool from_ends) noexcept {
  __sanitizer_start_switch_fiber(from_ends ? nullptr : &from.fake_stack, to.bottom, to.size);
}

void sanitizer_after_switch(sanitizer_fiber& to) noexcept {
  __sanitizer_finish_switch_fiber(to.fake_stack, nullptr, nullptr);
}

void sanitizer_become(sanitizer_fiber& fiber) noexcept { unpoison(fiber.bottom, __builtin_frame_address(0)); }

void sanitizer_unpoison_stack(std::byte* low, std::byte* high) noexcept { unpoison(low, high); }

void sanitizer_renew_stack(std::byte*, std::byte*) noexcept {}
// What is allocated meanwhile is nobody's leak: the C library keeps some of it where the leak checker may miss it.
sanitizer_unobserved::sanitizer_unobserved() noexcept { __lsan_disable(); }
sanitizer_unobserved::~sanitizer_unobserved() { __lsan_enable(); }

void sanitizer_add_root(const std::byte* base, std::size_t size) noexcept { __lsan_register_root_region(base, size); }
void sanitizer_remove_root(const std::byte* base, std::size_t size) noexcept {
  __lsan_unregister_root_region(base, size);
}

void sanitizer_describe(sanitizer_fiber&, const goroutine_label&) noexcept {}
void sanitizer_note_read(void*, void*) noexcept {}
void sanitizer_note_write(void*, void*) noexcept {}
void sanitizer_release(void*) noexcept {}
void sanitizer_acquire(void*) noexcept {}
void* sanitizer_self(bool) noexcept { return nullptr; }
sanitizer_stand_in::sanitizer_stand_in(void*) noexcept {}
sanitizer_stand_in::~sanitizer_stand_in() = default;

#elif GORO_WITH_TSAN

namespace {

// g++ 12's runtime gives up, with a check of its own that explains nothing, when there are 8,128 threads and fibers.
// Newer ones (and clang's from 14 on, known by a function that came with the same change) go on.
constexpr long most_at_a_time = 8128;
constexpr long room_for_threads = 64;
long fibers_alive;

GORO_UNINSTRUMENTED bool is_old_runtime() noexcept { return &__tsan_on_thread_idle == nullptr; }

GORO_UNINSTRUMENTED void count_fiber_in() noexcept {
  if (__atomic_add_fetch(&fibers_alive, 1, __ATOMIC_RELAXED) > most_at_a_time - room_for_threads && is_old_runtime()) {
    base::fatal_error(
        "race: limit on 8128 simultaneously alive goroutines is exceeded",
        "goro: the race detector's runtime that this program is linked with (libtsan of g++ 12) knows no more "
        "than 8128 goroutines with a stack and threads; clang's (Debian: libclang-rt-14-dev) has no such limit");
  }
}

GORO_UNINSTRUMENTED void count_fiber_out() noexcept { __atomic_sub_fetch(&fibers_alive, 1, __ATOMIC_RELAXED); }

#ifdef GORO_RACE_SELF

// The runtime itself is looked at: fibers are only a means, and making one costs libtsan 12 a memset of 768 KiB. So
// dead goroutines' fibers serve again; that orders the old one before the new one, which for the runtime's own data
// they are.
constexpr unsigned switch_flags = 0;  // what one thread does on successive stacks is ordered
constexpr std::size_t spare_capacity = 4096;
void* spare[spare_capacity];
std::size_t spare_count;
std::size_t spare_given;
char spare_busy;

GORO_UNINSTRUMENTED void* create_fiber() noexcept {
  void* fiber = nullptr;
  while (__atomic_test_and_set(&spare_busy, __ATOMIC_ACQUIRE)) {
    base::cpu_pause();
  }
  if (spare_count != 0) {
    fiber = spare[--spare_count];
  }
  __atomic_clear(&spare_busy, __ATOMIC_RELEASE);
  return fiber != nullptr ? fiber : __tsan_create_fiber(0);
}

void open_nursery() noexcept {}  // none here

GORO_UNINSTRUMENTED void destroy_fiber(void* fiber) noexcept {
  while (__atomic_test_and_set(&spare_busy, __ATOMIC_ACQUIRE)) {
    base::cpu_pause();
  }
  // Each use leaves the frames that never returned on the fiber's shadow stack, which ends at 65,536: none serves for
  // ever.
  constexpr std::size_t uses_between_ends = 31;
  if (++spare_given % uses_between_ends != 0 && spare_count != spare_capacity) {
    spare[spare_count++] = fiber;
    fiber = nullptr;
  }
  __atomic_clear(&spare_busy, __ATOMIC_RELEASE);
  if (fiber != nullptr) {
    __tsan_destroy_fiber(fiber);
  }
}

#else

// The program is looked at: the accident that two goroutines ran on one thread must order nothing.
constexpr unsigned switch_flags = __tsan_switch_to_fiber_no_sync;

// Creating a fiber orders everything that the *creating* fiber did before the new one's start. Which goroutine's stack
// a new one is made on is an accident of scheduling, and the edge would hide races. So all fibers are made by one that
// does nothing else: the nursery, used by one thread at a time.
//
// The spin lock is neither instrumented nor annotated: ThreadSanitizer must not see an edge here. The compiler's atomic
// operations stay plain in a function without instrumentation, so the lock is written with the built-ins.
char nursery_busy;  // NOLINT: see above
void* nursery;

void make_used_before() noexcept;

GORO_UNINSTRUMENTED void lock_nursery() noexcept {
  while (__atomic_test_and_set(&nursery_busy, __ATOMIC_ACQUIRE)) {
    base::cpu_pause();
  }
}

GORO_UNINSTRUMENTED void unlock_nursery() noexcept { __atomic_clear(&nursery_busy, __ATOMIC_RELEASE); }

// When the first thread is adopted: the nursery itself comes after all that its maker did before, so early is right.
GORO_UNINSTRUMENTED void open_nursery() noexcept {
  lock_nursery();
  if (nursery == nullptr) {
    make_used_before();
    nursery = __tsan_create_fiber(0);
  }
  unlock_nursery();
}

// Made ahead, in batches: the runtime maps a shadow call stack for each fiber and later, when it runs, a part of a
// history. These two kinds of mappings cannot be joined with each other, so made by turns they would use up the
// kernel's 65,530 map entries at 32,000 goroutines; in batches each kind is joined with its like. Not with the old
// runtime, where each fiber costs 831 KB at once.
constexpr std::size_t batch = 64;
void* made_ahead[batch];
std::size_t ahead;

GORO_UNINSTRUMENTED void make_batch() noexcept {
  const std::size_t wanted = is_old_runtime() ? 1 : batch;
  void* self = __tsan_get_current_fiber();
  __tsan_switch_to_fiber(nursery, __tsan_switch_to_fiber_no_sync);
  while (ahead < wanted) {
    made_ahead[ahead++] = __tsan_create_fiber(0);
  }
  __tsan_switch_to_fiber(self, __tsan_switch_to_fiber_no_sync);
}

GORO_UNINSTRUMENTED void* create_fiber() noexcept {
  lock_nursery();
  if (ahead == 0) {
    make_batch();
  }
  void* made = made_ahead[--ahead];
  unlock_nursery();
  return made;
}

GORO_UNINSTRUMENTED void destroy_fiber(void* fiber) noexcept { __tsan_destroy_fiber(fiber); }

#endif

}  // namespace

// errno belongs to the thread, and so to the goroutines that run there one after the other: no race, though nothing
// orders them. Inlined parts of the C++ library write it (std::stoi).
GORO_UNINSTRUMENTED void sanitizer_adopt_thread(sanitizer_fiber& fiber) noexcept {
  AnnotateBenignRaceSized(__FILE__, __LINE__, &errno, sizeof(errno), "errno");
  open_nursery();
  fiber.tsan = __tsan_get_current_fiber();
}

GORO_UNINSTRUMENTED void sanitizer_create(sanitizer_fiber& fiber, const std::byte*, const std::byte*) noexcept {
  count_fiber_in();
  fiber.tsan = create_fiber();
}

GORO_UNINSTRUMENTED void sanitizer_destroy(sanitizer_fiber& fiber) noexcept {
  destroy_fiber(fiber.tsan);
  count_fiber_out();
}

GORO_UNINSTRUMENTED void sanitizer_before_switch(sanitizer_fiber&, const sanitizer_fiber& to, bool) noexcept {
  __tsan_switch_to_fiber(to.tsan, switch_flags);
}

GORO_UNINSTRUMENTED void sanitizer_after_switch(sanitizer_fiber&) noexcept {}

GORO_UNINSTRUMENTED void sanitizer_become(sanitizer_fiber& fiber) noexcept {
  void* before = fiber.tsan;
  fiber.tsan = create_fiber();
  __tsan_switch_to_fiber(fiber.tsan, switch_flags);
  destroy_fiber(before);
}

void sanitizer_unpoison_stack(std::byte*, std::byte*) noexcept {}
void sanitizer_add_root(const std::byte*, std::size_t) noexcept {}
void sanitizer_remove_root(const std::byte*, std::size_t) noexcept {}

#ifdef GORO_RACE_SELF

void sanitizer_renew_stack(std::byte*, std::byte*) noexcept {}
sanitizer_unobserved::sanitizer_unobserved() noexcept = default;
sanitizer_unobserved::~sanitizer_unobserved() = default;

#else

namespace {

// Which memory has been stack before, a bit for every 16 KiB of the address space. Address space alone: what is not
// touched costs nothing.
constexpr unsigned granule_shift = 14;
constexpr std::size_t granules_in_all = std::size_t{1} << (47 - granule_shift);
unsigned char* used_before;

GORO_UNINSTRUMENTED void make_used_before() noexcept {
  void* made =
      mmap(nullptr, granules_in_all / 8, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (made != MAP_FAILED) {
    used_before = static_cast<unsigned char*>(made);
  }
}

// Notes that [low, high) is used from now on. False: no part of it was before.
GORO_UNINSTRUMENTED bool note_use(const std::byte* low, const std::byte* high) noexcept {
  if (used_before == nullptr) {
    return true;
  }
  bool used = false;
  const std::size_t end = (reinterpret_cast<std::uintptr_t>(high) - 1) >> granule_shift;
  for (std::size_t at = reinterpret_cast<std::uintptr_t>(low) >> granule_shift; at <= end; ++at) {
    const auto bit = static_cast<unsigned char>(1U << (at % 8));
    used = (__atomic_fetch_or(&used_before[at / 8], bit, __ATOMIC_RELAXED) & bit) != 0 || used;
  }
  return used;
}

}  // namespace

// Mapping memory anew is what makes ThreadSanitizer forget who touched it; "ignore" makes it forget instead of noting a
// write by this goroutine. The madvise gives the new mapping its neighbours' attributes, so that the kernel joins them.
// Memory that nobody has touched is left alone.
GORO_UNINSTRUMENTED void sanitizer_renew_stack(std::byte* low, std::byte* high) noexcept {
  if (!note_use(low, high)) {
    return;
  }
  const auto size = static_cast<std::size_t>(high - low);
  const sanitizer_unobserved quiet;
  if (mmap(low, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0) ==
      MAP_FAILED) {
    return;  // too many map entries: the worst that follows is a report about memory of a goroutine that has ended
  }
  madvise(low, size, MADV_NOHUGEPAGE);
}

GORO_UNINSTRUMENTED sanitizer_unobserved::sanitizer_unobserved() noexcept : in_report_(inside_race_report()) {
  if (!in_report_) {
    AnnotateIgnoreReadsBegin(__FILE__, __LINE__);
    AnnotateIgnoreWritesBegin(__FILE__, __LINE__);
  }
}
GORO_UNINSTRUMENTED sanitizer_unobserved::~sanitizer_unobserved() {
  if (!in_report_) {
    AnnotateIgnoreWritesEnd(__FILE__, __LINE__);
    AnnotateIgnoreReadsEnd(__FILE__, __LINE__);
  }
}

#endif

GORO_UNINSTRUMENTED void sanitizer_release(void* address) noexcept { __tsan_release(address); }
GORO_UNINSTRUMENTED void sanitizer_acquire(void* address) noexcept { __tsan_acquire(address); }

#ifdef GORO_RACE_SELF

void sanitizer_describe(sanitizer_fiber&, const goroutine_label&) noexcept {}
void sanitizer_note_read(void*, void*) noexcept {}
void sanitizer_note_write(void*, void*) noexcept {}

// A switch orders here, so it would say too much.
void* sanitizer_self(bool) noexcept { return nullptr; }
sanitizer_stand_in::sanitizer_stand_in(void*) noexcept {}
sanitizer_stand_in::~sanitizer_stand_in() = default;

#else

GORO_UNINSTRUMENTED void sanitizer_describe(sanitizer_fiber& fiber, const goroutine_label& label) noexcept {
  char name[goroutine_label::most];
  label.write(name);
  __tsan_set_fiber_name(fiber.tsan, name);
}

GORO_UNINSTRUMENTED void sanitizer_note_read(void* address, void* return_address) noexcept {
  __tsan_read8_pc(address, return_address);
}
GORO_UNINSTRUMENTED void sanitizer_note_write(void* address, void* return_address) noexcept {
  __tsan_write8_pc(address, return_address);
}

// Not for a thread's own fiber: ThreadSanitizer lets nobody else run it while the thread lives.
GORO_UNINSTRUMENTED void* sanitizer_self(bool is_goroutine) noexcept {
  return is_goroutine ? __tsan_get_current_fiber() : nullptr;
}

GORO_UNINSTRUMENTED sanitizer_stand_in::sanitizer_stand_in(void* self_of_other) noexcept
    : own_(__tsan_get_current_fiber()) {
  __tsan_switch_to_fiber(self_of_other, __tsan_switch_to_fiber_no_sync);
}
GORO_UNINSTRUMENTED sanitizer_stand_in::~sanitizer_stand_in() {
  __tsan_switch_to_fiber(own_, __tsan_switch_to_fiber_no_sync);
}

#endif

#endif

}  // namespace goro::platform
