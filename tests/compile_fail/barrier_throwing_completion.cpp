// A completion function that throws would have nobody to throw to.
// expect: the completion function must be noexcept
#include "goro/barrier.hpp"

goro::barrier b(1, [] {});
