// Names as the C++ source spells them.
#pragma once

#include <cstdlib>
#include <string_view>

#include <cxxabi.h>

namespace goro::diag {

// The heap may not be touched while the code that was interrupted may be inside malloc: then names stay mangled.
enum class heap : bool { usable, locked };

// The demangled form of a symbol or of type_info::name(), or the text itself when it is not mangled. Null gives an
// empty text.
class demangled {
 public:
  explicit demangled(const char* mangled, heap h = heap::usable) noexcept
      : mangled_(mangled != nullptr ? mangled : "") {
    if (h == heap::usable) {
      int status = 0;
      text_ = abi::__cxa_demangle(mangled_, nullptr, nullptr, &status);
    }
  }
  demangled(const demangled&) = delete;
  demangled& operator=(const demangled&) = delete;
  ~demangled() {
    if (text_ != nullptr) {
      std::free(text_);
    }
  }

  std::string_view text() const noexcept { return text_ != nullptr ? text_ : mangled_; }

 private:
  const char* mangled_;
  char* text_ = nullptr;
};

}  // namespace goro::diag
