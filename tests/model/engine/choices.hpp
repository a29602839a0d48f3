// The choices of an execution: taken from a list first, then the first of each, or a random one.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include "base/random.hpp"

namespace goro::model {

class choices {
 public:
  // 0 … among - 1; `among` at least 1. What leaves no choice is not noted.
  unsigned next(unsigned among) {
    if (among < 2) {
      return 0;
    }
    if (position_ == taken_.size()) {
      taken_.push_back({among, dice_ ? dice_->below(among) : 0});
    }
    const entry& e = taken_[position_++];
    return e.taken < among ? e.taken : among - 1;
  }

  void rewind() noexcept { position_ = 0; }
  // The next list in depth-first order. False when there is none.
  bool advance() {
    while (!taken_.empty() && taken_.back().taken + 1 >= taken_.back().among) {
      taken_.pop_back();
    }
    if (taken_.empty()) {
      return false;
    }
    ++taken_.back().taken;
    return true;
  }

  void take_at_random(std::uint64_t seed) {
    dice_.emplace(seed);
    taken_.clear();
  }

  std::string text() const {
    std::string result;
    for (const entry& e : taken_) {
      result += std::to_string(e.among) + ":" + std::to_string(e.taken) + " ";
    }
    return result;
  }
  void parse(const std::string& text) {
    taken_.clear();
    for (const char* at = text.c_str(); *at != '\0';) {
      char* end = nullptr;
      const auto among = static_cast<unsigned>(std::strtoul(at, &end, 10));
      const auto taken = static_cast<unsigned>(std::strtoul(end + 1, &end, 10));
      taken_.push_back({among, taken});
      at = *end == ' ' ? end + 1 : end;
    }
  }

 private:
  struct entry {
    unsigned among;
    unsigned taken;
  };
  std::vector<entry> taken_;
  std::size_t position_ = 0;
  std::optional<base::random> dice_;
};

}  // namespace goro::model
