// expect: f must return something; once_func is for void
#include "goro/once.hpp"

auto f = goro::once_value([] {});
