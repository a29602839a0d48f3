// The library's half of the check that a program is all race build or not at all: see detail/config.hpp.
#include "goro/detail/config.hpp"

extern "C" {
#if GORO_WITH_TSAN
const char goro_race_object_in_a_plain_build = 0;
#else
const char goro_plain_object_in_a_race_build = 0;
#endif
}
