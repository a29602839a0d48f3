// GORODEBUG=deadlock=1: what the monitor does for it (deadlock_search.cpp), beside the reports of circles of locks
// (lock_report.cpp).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/lock.hpp"

namespace goro::diag {

void install_deadlock_search() noexcept;

inline constexpr std::string_view report_bar = "==================\n";

// Held while one of these reports is written.
base::lock& deadlock_report_lock() noexcept;

// Goroutines that have been reported are not again. That lock held.
void note_reported(std::uint64_t goroutine);
bool was_reported(std::uint64_t goroutine) noexcept;

}  // namespace goro::diag
