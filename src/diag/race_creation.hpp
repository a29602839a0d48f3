// Where goroutines were started: the calls that led to each go statement, for race reports.
#pragma once

namespace goro::diag {

// base::creation_hook. Programs have few go statements, so what is kept stays small.
const void* const* calls_of_go_statement(const void* creator) noexcept;

}  // namespace goro::diag
