// The way for templates in public headers to panic.
#include "base/check.hpp"
#include "goro/detail/outcome.hpp"

namespace goro::detail {

void raise_panic(const char* text) { base::raise_panic(text); }

}  // namespace goro::detail
