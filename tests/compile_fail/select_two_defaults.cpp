// expect: at most one default_case
#include "goro/select.hpp"

void f() { goro::select(goro::default_case(), goro::default_case()); }
