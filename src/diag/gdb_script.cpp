// The gdb script goes with every program, in a section that gdb looks for (and nothing loads): "Auto-loading
// extensions", dotdebug_gdb_scripts section, in gdb's manual. The script knows symbols but no types: release builds
// have none. What it must know is in the table below.
#include <cstddef>
#include <cstdint>

#include "sched/scheduler.hpp"
#include "stack/arena.hpp"

asm(".pushsection \".debug_gdb_scripts\", \"MS\",@progbits,1\n"
    ".byte 4\n"  // a Python script, here
    ".ascii \"gdb.inlined-script.goro\\n\"\n"
    ".incbin \"diag/goro_gdb.py\"\n"
    ".byte 0\n"
    ".popsection\n");

namespace goro::diag {
namespace {

struct entry {
  char name[24];
  std::uint64_t value;
};

std::uint64_t address(const volatile void* p) noexcept { return reinterpret_cast<std::uintptr_t>(p); }

}  // namespace
}  // namespace goro::diag

using goro::diag::entry;

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Winvalid-offsetof"
// Written before main().
extern "C" [[gnu::used]] const entry goro_gdb_layout[] = {
    {"arenas", goro::diag::address(&goro::stack::arena_of(0))},
    {"arena_size", sizeof(goro::stack::arena)},
    {"arena_count", goro::stack::size_classes},
    {"arena_bins", goro::stack::arena::offset_of_bins()},
    {"bin_count", goro::stack::arena::bins},
    {"smallest_slot", goro::stack::smallest_size},
    {"chunk_base", offsetof(goro::stack::chunk, base)},
    {"chunk_slots", offsetof(goro::stack::chunk, slots)},
    {"chunk_free", offsetof(goro::stack::chunk, free)},
    {"chunk_next", offsetof(goro::stack::chunk, by_bin)},
    {"g_size", sizeof(goro::sched::goroutine)},
    {"g_context", offsetof(goro::sched::goroutine, context)},
    {"g_on", offsetof(goro::sched::goroutine, on)},
    {"g_record", offsetof(goro::sched::goroutine, record)},
    {"g_lock_depth", offsetof(goro::sched::goroutine, lock_depth)},
    {"g_blocking_depth", offsetof(goro::sched::goroutine, blocking_depth)},
    {"g_reason", offsetof(goro::sched::goroutine, reason)},
    {"w_current", offsetof(goro::sched::worker, current)},
    {"w_thread", offsetof(goro::sched::worker, thread_id)},
    {"l_id", offsetof(goro::sched::launch, run) + sizeof(void*)},
    {"l_creator", offsetof(goro::sched::launch, creator)},
    {"l_parent", offsetof(goro::sched::launch, parent_id)},
    {"l_extras", offsetof(goro::sched::launch, extras)},
    {"reasons", goro::diag::address(&goro::sched::reason_words())},
    {"", 0},
};
#pragma GCC diagnostic pop
