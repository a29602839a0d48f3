// verify(): a protocol is right within the limits, and each of its memory orders is needed for that.
#pragma once

#include <gtest/gtest.h>

#include <initializer_list>
#include <string_view>

#include "engine/explore.hpp"

namespace goro::model {

// An order, or a step, that no scenario needs: where, a part of its line, and why it is there all the same.
struct not_seen {
  std::string_view file;
  std::string_view line_contains;
  const char* why;
};

// Explores the scenarios of one protocol, which must not fail; then, for each memory order in `files` that they meet,
// weakened, and for each write, left out: one of them must fail now.
void verify(const char* protocol, std::initializer_list<std::string_view> files, const std::vector<scenario>& scenarios,
            const limits& l = {}, std::initializer_list<not_seen> excused = {});

// The same without leaving out writes, where most of them are for what the scenarios do not look at.
void verify_orders(const char* protocol, std::initializer_list<std::string_view> files,
                   const std::vector<scenario>& scenarios, const limits& l = {},
                   std::initializer_list<not_seen> excused = {});

// Random executions of a scenario that is too large to be explored.
void try_at_random(const char* protocol, const scenario& s, std::uint64_t executions, const limits& l);

}  // namespace goro::model
