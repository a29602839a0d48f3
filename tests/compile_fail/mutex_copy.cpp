// A copied lock protects nothing.
// expect: use of deleted function|call to deleted constructor
#include "goro/mutex.hpp"

goro::mutex a;
goro::mutex b(a);
