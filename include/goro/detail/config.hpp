// Facts about the compiler that both the public templates and the library need.
#pragma once

// GORO_RACE is defined throughout a race build, also where the runtime itself is compiled without instrumentation.
#if defined(__SANITIZE_THREAD__) || defined(GORO_RACE)
#define GORO_WITH_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define GORO_WITH_TSAN 1
#endif
#endif
#ifndef GORO_WITH_TSAN
#define GORO_WITH_TSAN 0
#endif

#if defined(__SANITIZE_ADDRESS__)
#define GORO_WITH_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define GORO_WITH_ASAN 1
#endif
#endif
#ifndef GORO_WITH_ASAN
#define GORO_WITH_ASAN 0
#endif

// Objects of a race build and others must not be mixed: the linker finds only the one that the library has.
extern "C" {
extern const char goro_race_object_in_a_plain_build;
extern const char goro_plain_object_in_a_race_build;
}
namespace goro::detail {
[[gnu::used]] static const char* const build_mode =
    GORO_WITH_TSAN ? &goro_race_object_in_a_plain_build : &goro_plain_object_in_a_race_build;
}

// Templates that capture their caller's address (the creation site of a goroutine) must not become
// frames of their own, or the address would name goro instead of the user's line.
#define GORO_ALWAYS_INLINE [[gnu::always_inline]] inline
