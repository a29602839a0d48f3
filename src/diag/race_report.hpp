// Reports of data races, in Go's layout:
//
//   ==================
//   WARNING: DATA RACE
//   Write at 0x7b0400000010 by goroutine 8:
//     deposit()
//         /src/bank.cpp:12 +0x2f
//     main::{lambda()#1}()
//         /src/bank.cpp:20 +0x1b
//
//   Previous read at 0x7b0400000010 by main goroutine:
//     ...
//   Goroutine 8 (running) created at:
//     main()
//         /src/bank.cpp:20 +0x75
//   ==================
#pragma once

namespace goro::diag {

// In a race build: reports and the status of the process are goro's from now on. Else nothing.
void install_race_reports() noexcept;

}  // namespace goro::diag
