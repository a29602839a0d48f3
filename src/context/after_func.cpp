#include "context/after_func_entry.hpp"

namespace goro {
namespace detail {

after_func_stop register_after_func(const context& ctx, prepared_go f) {
  auto entry = std::make_shared<after_func_entry>(ctx, std::move(f));
  if (cancel_node* node = cancel_node::canceler_of(ctx)) {
    entry->self = entry;
    if (!add_hook(*node, *entry)) {
      entry->self.reset();
      entry->start();
    }
  }
  return after_func_entry::hand_out(std::move(entry));
}

}  // namespace detail

bool after_func_stop::stop() const noexcept {
  if (entry_ == nullptr || !entry_->elect()) {
    return false;
  }
  std::shared_ptr<detail::after_func_entry> from_list;
  if (detail::cancel_node* node = detail::cancel_node::canceler_of(entry_->keeps_alive)) {
    const detail::node_guard hold(*node);
    if (node->hooks.remove(*entry_)) {
      from_list = std::move(entry_->self);
    }
  }
  const detail::prepared_go dropped = std::move(entry_->f);
  return true;
}

}  // namespace goro
