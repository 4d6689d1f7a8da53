#pragma once

#include <chrono>

#include "clock.h"

namespace wemol::agent {

/// The system's time, where nothing waits but the io_context.
class ProcessClock : public Clock {
 public:
  [[nodiscard]] SteadyTime now() const override { return std::chrono::steady_clock::now(); }
  [[nodiscard]] WallTime wall_now() const override { return std::chrono::system_clock::now(); }
  [[nodiscard]] bool wait_until(SteadyTime /*due*/) override { return false; }
};

}  // namespace wemol::agent
