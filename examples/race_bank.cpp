// Race bank: ten goroutines withdraw from one account; "is there enough?" and "take it" are two steps. Run it as
//     goro run -race examples/race_bank.cpp
// and the race detector names the lines; with `-- --fixed` behind, a mutex makes the two steps one.
#include <cstdio>
#include <cstring>
#include <mutex>

#include <goro/goro.hpp>

class bank_account {
 public:
  explicit bank_account(int balance) : balance_(balance) {}

  void withdraw_unsafe(int amount) {
    if (balance_ >= amount) {
      // meanwhile another goroutine may withdraw
      balance_ -= amount;
    }
  }

  void withdraw_safe(int amount) {
    const std::lock_guard lock(mutex_);
    if (balance_ >= amount) {
      balance_ -= amount;
    }
  }

  int balance() const { return balance_; }

 private:
  int balance_;
  goro::mutex mutex_;  // guards balance_
};

int main(int argc, char** argv) {
  const bool fixed = argc > 1 && std::strcmp(argv[1], "--fixed") == 0;
  bank_account account(1000);
  goro::wait_group wg;
  for (int i = 0; i < 10; ++i) {
    wg.add(1);
    goro::go([&] {
      const goro::defer done([&] { wg.done(); });
      if (fixed) {
        account.withdraw_safe(150);
      } else {
        account.withdraw_unsafe(150);
      }
    });
  }
  wg.wait();
  std::printf("Final balance: %d\n", account.balance());
}
