#include "goro/singleflight.hpp"

namespace goro {

// Once the call has left the map nobody joins it; then its sharers may go on. The object may end with the last of them,
// so the mutex is not touched afterwards.
void singleflight::finish(const std::shared_ptr<call_base>& call, std::string_view key) noexcept {
  {
    const std::lock_guard hold(mutex_);
    const auto found = calls_.find(key);
    if (found != calls_.end() && found->second == call) {
      calls_.erase(found);
    }
  }
  call->ended.set();
  call->deliver(call);
}

void singleflight::forget(std::string_view key) {
  const std::lock_guard hold(mutex_);
  if (const auto found = calls_.find(key); found != calls_.end()) {
    calls_.erase(found);
  }
}

}  // namespace goro
