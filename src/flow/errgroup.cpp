#include "goro/errgroup.hpp"

#include <string>

#include "base/atomic.hpp"
#include "base/check.hpp"
#include "goro/panic.hpp"

namespace goro {

errgroup::errgroup(const context& parent) : own_(with_cancel_cause(parent)) {}

errgroup::~errgroup() {
  own_.cancel();
  members_.wait();
}

void errgroup::begin() {
  if (limit_) {
    limit_->acquire();
  }
  active_.fetch_add(1, base::memory_order_relaxed);
  members_.add();
}

bool errgroup::try_begin() {
  if (limit_ && !limit_->try_acquire()) {
    return false;
  }
  active_.fetch_add(1, base::memory_order_relaxed);
  members_.add();
  return true;
}

// wait() may return, and the group be destroyed, when the last member is done.
void errgroup::end() noexcept {
  active_.fetch_sub(1, base::memory_order_relaxed);  // relaxed: members_ orders
  if (limit_) {
    limit_->release();
  }
  members_.done();
}

void errgroup::set_limit(std::ptrdiff_t n) {
  const std::ptrdiff_t active = active_.load(base::memory_order_relaxed);
  if (active != 0) {
    throw panic_error("errgroup: modify limit while " + std::to_string(active) +
                      " goroutines in the group are still active");
  }
  limit_.reset();
  if (n >= 0 && n <= semaphore::max()) {
    limit_.emplace(n);
  }
}

bool errgroup::first_failure() noexcept {
  return !failed_.exchange(true, base::memory_order_relaxed);  // relaxed: elects; members_ orders what is written then
}

void errgroup::fail(std::exception_ptr error) noexcept {
  if (error == nullptr || !first_failure()) {
    return;
  }
  error_ = std::move(error);
  std::error_code cause;
  try {
    std::rethrow_exception(error_);
  } catch (const std::system_error& e) {
    cause = e.code();
  } catch (...) {
    // not a code: the cause is that it was cancelled
  }
  own_.cancel(cause);
}

void errgroup::fail(std::error_code code) noexcept {
  if (first_failure()) {
    code_ = code;
    own_.cancel(code);
  }
}

void errgroup::wait() {
  members_.wait();
  own_.cancel();
  if (error_ != nullptr) {
    std::rethrow_exception(error_);
  }
  if (code_) {
    throw std::system_error(code_);
  }
}

}  // namespace goro
