#include "list.hpp"

#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include <cerrno>

namespace faults {
namespace {

constexpr std::uint32_t guard_install = 102;  // MADV_GUARD_INSTALL, newer than the C library's headers
constexpr std::uint32_t bell = 8;             // bytes: the poller's eventfd, which nothing else is written to so
constexpr bool for_a_moment = false;
constexpr bool for_good = true;
constexpr bool always_made = true;

constexpr fault all[] = {
    // Memory. Also the C library's own, for malloc and the stacks of threads.
    {"mmap", {SYS_mmap}, ENOMEM, recovers | error | fatal, for_good, always_made},
    {"munmap", {SYS_munmap}, ENOMEM, recovers},
    {"mprotect", {SYS_mprotect}, ENOMEM, recovers | error | fatal},
    {"madvise(GUARD_INSTALL)", {SYS_madvise, 2, guard_install}, EINVAL, recovers},
    {"madvise", {SYS_madvise}, EAGAIN, recovers},
    {"process_madvise", {SYS_process_madvise}, EPERM, recovers},
    {"process_madvise", {SYS_process_madvise}, EAGAIN, recovers},
    // Threads.
    {"clone3", {SYS_clone3}, EAGAIN, recovers | error | fatal},
    // Refused after it was granted: endless loops keep their processors, as goro says on stderr.
    {"membarrier", {SYS_membarrier}, EPERM, recovers | error},
    {"membarrier", {SYS_membarrier}, ENOMEM, recovers | error},
    {"sched_setattr", {SYS_sched_setattr}, EPERM, recovers},
    {"sched_getaffinity", {SYS_sched_getaffinity}, EPERM, recovers},
    {"prctl", {SYS_prctl}, EPERM, recovers},
    {"sigaltstack", {SYS_sigaltstack}, EPERM, recovers},
    {"clock_gettime", {SYS_clock_gettime}, EINVAL, recovers | error},  // of threads' CPU time: as without membarrier
    // EINTR is any wake-up without a reason.
    {"futex(WAIT_BITSET)", {SYS_futex, 1, FUTEX_WAIT_BITSET_PRIVATE}, EINTR, recovers, for_a_moment, always_made},
    // The poller.
    {"epoll_create1", {SYS_epoll_create1}, EMFILE, error},
    {"eventfd2", {SYS_eventfd2}, EMFILE, error},
    {"epoll_ctl", {SYS_epoll_ctl}, ENOMEM, recovers | error, for_good, always_made},
    {"epoll_pwait2", {SYS_epoll_pwait2}, ENOSYS, recovers},
    {"epoll_pwait2", {SYS_epoll_pwait2}, EINTR, recovers, for_a_moment},
#ifdef SYS_epoll_wait
    {"epoll_wait", {SYS_epoll_wait}, EINTR, recovers, for_a_moment},
#endif
    {"write(bell)", {SYS_write, 2, bell}, EAGAIN, recovers, for_a_moment},
    // Files: those of /proc and /sys that goro reads, and the C library's for names.
    {"openat", {SYS_openat}, ENOENT, recovers | error},
    {"openat", {SYS_openat}, EMFILE, recovers | error},
    {"newfstatat", {SYS_newfstatat}, ENOENT, recovers | error},
    // Sockets.
    {"socket", {SYS_socket}, EMFILE, recovers | error},
    {"socket", {SYS_socket}, ENFILE, recovers | error},
    {"setsockopt", {SYS_setsockopt}, ENOPROTOOPT, recovers | error},
    {"bind", {SYS_bind}, EADDRINUSE, recovers | error},
    {"listen", {SYS_listen}, EADDRINUSE, error},
    {"getsockname", {SYS_getsockname}, ENOBUFS, recovers | error},
    {"connect", {SYS_connect}, ENETUNREACH, recovers | error},
    {"accept4", {SYS_accept4}, ECONNABORTED, recovers, for_a_moment},
    {"accept4", {SYS_accept4}, EINTR, recovers, for_a_moment},
    {"accept4", {SYS_accept4}, EMFILE, recovers | error},
    {"accept4", {SYS_accept4}, ENFILE, recovers | error},
    {"recvfrom", {SYS_recvfrom}, EINTR, recovers, for_a_moment},
    {"recvfrom", {SYS_recvfrom}, ECONNRESET, recovers | error},
    {"sendto", {SYS_sendto}, EINTR, recovers, for_a_moment},
    {"sendto", {SYS_sendto}, ENOBUFS, recovers | error},
    {"close", {SYS_close}, EIO, recovers},
};

}  // namespace

std::span<const fault> list() { return all; }

}  // namespace faults
