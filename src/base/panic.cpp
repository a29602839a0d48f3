#include "goro/panic.hpp"

namespace goro {

panic_error::panic_error(const char* text) : std::logic_error(text) {}
panic_error::panic_error(const std::string& text) : std::logic_error(text) {}
panic_error::~panic_error() = default;  // here, so that the type's vtable and type_info live in the library alone

}  // namespace goro
