#pragma once

#include <chrono>

namespace wemol {

/// Spans are measured between these: no step of the wall clock touches them.
using SteadyTime = std::chrono::steady_clock::time_point;
/// Dates readings, nothing else.
using WallTime = std::chrono::system_clock::time_point;

}  // namespace wemol
