// One after_func(): what hangs on the context until it ends or the function is taken back.
//
// `pending` elects who gets the function: the end of the context, which starts it, or stop(), which destroys it.
#pragma once

#include <memory>
#include <utility>

#include "base/atomic.hpp"
#include "context/cancel_node.hpp"

namespace goro::detail {

struct after_func_entry : cancel_hook {
  after_func_entry(const context& ctx, prepared_go function) noexcept
      : cancel_hook(kind::call), keeps_alive(ctx), f(std::move(function)) {}

  static after_func_stop hand_out(std::shared_ptr<after_func_entry> entry) noexcept {
    return after_func_stop(std::move(entry));
  }

  bool elect() noexcept {
    return pending.exchange(false, base::memory_order_acq_rel);  // sync: after-func
  }
  void start() noexcept {
    if (elect()) {
      f.start();
    }
  }

  const context keeps_alive;
  std::shared_ptr<after_func_entry> self;  // while linked; guarded by the node's lock
  base::atomic<bool> pending{true};
  prepared_go f;  // belongs to who is elected
};

}  // namespace goro::detail
