// For tests of misuse that a race build reports, and rightly so.
#pragma once

#include "goro/detail/config.hpp"

#if GORO_WITH_TSAN
extern "C" {
void AnnotateIgnoreReadsBegin(const char* file, int line);
void AnnotateIgnoreReadsEnd(const char* file, int line);
void AnnotateIgnoreWritesBegin(const char* file, int line);
void AnnotateIgnoreWritesEnd(const char* file, int line);
}
#endif

namespace support {

// What the calling goroutine accesses during its lifetime is not looked at. It must not block meanwhile.
class [[nodiscard]] deliberate_race {
 public:
#if GORO_WITH_TSAN
  deliberate_race() noexcept {
    AnnotateIgnoreReadsBegin(__FILE__, __LINE__);
    AnnotateIgnoreWritesBegin(__FILE__, __LINE__);
  }
  ~deliberate_race() {
    AnnotateIgnoreWritesEnd(__FILE__, __LINE__);
    AnnotateIgnoreReadsEnd(__FILE__, __LINE__);
  }
#else
  deliberate_race() noexcept {}
  ~deliberate_race() {}
#endif
  deliberate_race(const deliberate_race&) = delete;
  deliberate_race& operator=(const deliberate_race&) = delete;
};

}  // namespace support
