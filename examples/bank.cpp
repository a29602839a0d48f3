// Bank: "is there enough?" and "take it" must be one step, or an account pays out money it does not have.
#include <atomic>
#include <chrono>
#include <cstdio>
#include <mutex>

#include <goro/goro.hpp>

using namespace std::chrono_literals;

class account {
 public:
  explicit account(int balance) : balance_(balance) {}

  bool withdraw(int amount) {
    const std::lock_guard lock(mutex_);
    if (balance_ < amount) {
      std::printf("  refused %d, only %d left\n", amount, balance_);
      return false;
    }
    balance_ -= amount;
    std::printf("  withdrew %d, %d left\n", amount, balance_);
    return true;
  }

  int balance() {
    const std::lock_guard lock(mutex_);
    return balance_;
  }

 private:
  goro::mutex mutex_;  // guards balance_
  int balance_;
};

// The same without the lock. Each access is atomic, so no data race; the gap between check and act remains.
class careless_account {
 public:
  explicit careless_account(int balance) : balance_(balance) {}

  bool withdraw(int amount) {
    if (balance_ < amount) {
      return false;
    }
    goro::sleep(1ms);  // meanwhile the others find enough, too
    balance_ -= amount;
    return true;
  }

  int balance() { return balance_; }

 private:
  std::atomic<int> balance_;
};

// Ten goroutines withdraw 150 each; returns how many got it.
template <class Account>
int ten_withdrawals_of_150(Account& from) {
  std::atomic<int> succeeded = 0;
  goro::wait_group wg;
  for (int i = 0; i < 10; ++i) {
    wg.go([&] { succeeded += from.withdraw(150); });
  }
  wg.wait();
  return succeeded;
}

int main() {
  std::puts("watch: 1000 is enough for six withdrawals of 150, so 100 remain; without the lock more succeed");

  std::puts("with a mutex:");
  account safe(1000);
  const int served = ten_withdrawals_of_150(safe);
  std::printf("%d succeeded, %d remain\n", served, safe.balance());

  std::puts("without:");
  careless_account unsafe(1000);
  const int overserved = ten_withdrawals_of_150(unsafe);
  std::printf("%d succeeded, %d remain\n", overserved, unsafe.balance());

  return served == 6 && safe.balance() == 100 ? 0 : 1;
}
