#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace wemol::hub_client {

/// What follows from the hub's answer to a report.
struct Verdict {
  enum class Next {
    done,   ///< the hub has it
    drop,   ///< it will never take it
    later,  ///< it may take it later, or once somebody has mended a setting
  };
  Next next = Next::later;
  std::string problem;           ///< what the log says; empty when it is done
  std::chrono::seconds pause{};  ///< that the hub asks for
};

struct Answer {
  unsigned status = 0;
  std::string_view body;
  std::string_view location;     ///< of a redirect
  std::string_view retry_after;  ///< seconds, where it is a number
};

[[nodiscard]] Verdict judge(const Answer& answer);

}  // namespace wemol::hub_client
