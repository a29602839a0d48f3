#include "testing/schedule.hpp"

#include <algorithm>
#include <exception>

#include <cxxabi.h>

#include "diag/demangle.hpp"

namespace goro::testing {

using sched::bubble_rules;
using sched::step;
using sched::step_kind;

namespace {

// Who goes on for so long while others could is a loop that waits for one of them: then it is their turn, whatever the
// strategy says.
constexpr std::size_t longest_turn = 1000;

bool may_go_on(step_kind kind) noexcept { return kind == step_kind::call || kind == step_kind::yield; }

}  // namespace

schedule::schedule(const schedule_options& options)
    : options_(options), strategy_(options.replayed == nullptr ? make_strategy(options.seed) : nullptr) {}

std::size_t schedule::usual(const step& now) const noexcept {
  const bool stays = now.kind == step_kind::call && stays_ < longest_turn;
  return stays || now.ready.empty() ? stay : 0;
}

std::size_t schedule::replayed(const step& now, decision at, std::size_t otherwise) const noexcept {
  const auto found = std::find_if(options_.replayed->begin(), options_.replayed->end(),
                                  [at](const decision& d) { return d.who == at.who && d.step == at.step; });
  if (found == options_.replayed->end()) {
    return otherwise;
  }
  if (now.who != nullptr && found->to == now.who->number && may_go_on(now.kind)) {
    return stay;
  }
  for (std::size_t i = 0; i < now.ready.size(); ++i) {
    if (now.ready[i].who->number == found->to) {
      return i;
    }
  }
  return otherwise;
}

std::size_t schedule::choose(const step& now) noexcept {
  if (!failure_.empty()) {
    return give_up;
  }
  if (++steps_ > options_.max_steps) {
    failure_ = "livelock: more than " + std::to_string(options_.max_steps) + " steps";
    return give_up;
  }
  const std::size_t otherwise = usual(now);
  decision at = now.who != nullptr ? decision{now.who->number, now.who->steps, 0} : decision{0, ++wakes_, 0};
  std::size_t chosen = otherwise;
  if (now.ready.size() > (may_go_on(now.kind) ? 0U : 1U)) {
    ++choices_;
    if (options_.alternatives != nullptr) {
      note_alternatives(now, at, otherwise);
    }
    chosen = options_.replayed != nullptr ? replayed(now, at, otherwise) : strategy_->choose(now, otherwise);
    if (chosen == stay && stays_ >= longest_turn) {
      chosen = otherwise;
    }
  }
  if (chosen != otherwise) {
    at.to = chosen == stay ? now.who->number : now.ready[chosen].who->number;
    made_.push_back(at);
  }
  stays_ = chosen == stay ? stays_ + 1 : 0;
  if (options_.watched && chosen != stay) {
    watch(now, chosen, chosen != otherwise);
  }
  return chosen;
}

void schedule::note_alternatives(const step& now, decision at, std::size_t otherwise) const {
  for (std::size_t i = 0; i < now.ready.size(); ++i) {
    if (i != otherwise) {
      at.to = now.ready[i].who->number;
      options_.alternatives->push_back(at);
    }
  }
}

void schedule::watch(const step& now, std::size_t chosen, bool decided) noexcept {
  switch_seen seen{now.kind,
                   now.who != nullptr ? now.who->number : 0,
                   now.ready[chosen].who->number,
                   decided,
                   sched::wait_reason::none,
                   {}};
  if (may_go_on(now.kind)) {
    seen.where = place(diag::call_stack::here());
  } else if (now.kind == step_kind::wait && now.who->body != nullptr && !now.who->waits_for_outside) {
    seen.reason = now.who->body->reason;
    seen.where = place(diag::call_stack::parked(now.who->body->context));
  }
  switches_.push_back(std::move(seen));
}

bool schedule::run(sched::launch& l) {
  try {
    l.run(l);
  } catch (...) {
    if (std::current_exception() == nullptr) {
      throw;  // goexit passes through
    }
    note_exception();
  }
  return failure_.empty();
}

std::uint32_t schedule::random_below(const sched::bubble_member& who, std::uint32_t bound) noexcept {
  const decision at{who.number, who.steps, 0};
  draws_ = at == last_drawn_ ? draws_ + 1 : 0;
  last_drawn_ = at;
  const std::uint64_t bits = mix(options_.seed ^ mix((std::uint64_t{at.who} << 32 | at.step) + (draws_ << 48)));
  return static_cast<std::uint32_t>((bits >> 32) * bound >> 32);
}

void schedule::note_failure(std::string_view what) {
  if (failure_.empty()) {
    failure_ = what;
  }
}

void schedule::note_exception() {
  const std::type_info* type = abi::__cxa_current_exception_type();
  std::string text = "exception";
  if (type != nullptr) {
    text += ": ";
    text += diag::demangled(type->name()).text();
  }
  try {
    throw;
  } catch (const std::exception& e) {
    text += std::string(": ") + e.what();
  } catch (...) {
  }
  note_failure(text);
}

}  // namespace goro::testing
