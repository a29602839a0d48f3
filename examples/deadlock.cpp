// Two goroutines take two locks in opposite orders, and each waits for the other for ever. goro notices that nobody in the process can
// wake anybody any more, and says who waits for what, and where.
#include <goro/goro.hpp>

#include <cstdio>
#include <mutex>

namespace {

goro::mutex fork_left;
goro::mutex fork_right;

void dine(const char* name, goro::mutex& first, goro::mutex& second, goro::wait_group& both_have_one) {
  const std::lock_guard one(first);
  std::printf("%s has one fork\n", name);
  std::fflush(stdout);
  both_have_one.done();
  both_have_one.wait();
  const std::lock_guard other(second);
  std::printf("%s eats\n", name);
}

}  // namespace

int main() {
  std::puts("watch: each has one fork and waits for the other one; nobody can wake anybody, and goro says so");
  std::fflush(stdout);
  goro::run([] {
    goro::wait_group both_have_one;
    both_have_one.add(2);
    goro::wait_group meal;
    meal.go([&] { dine("Kant", fork_left, fork_right, both_have_one); });
    meal.go([&] { dine("Hegel", fork_right, fork_left, both_have_one); });
    meal.wait();
  });
}
