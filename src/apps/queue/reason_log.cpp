#include "reason_log.h"

#include <utility>

#include <spdlog/spdlog.h>

namespace wemol::queue {

void ReasonLog::update(Reasons reasons) {
  for (const auto& [what, reason] : reasons) {
    const auto known = logged_.find(what);
    if (known == logged_.end() || known->second != reason) {
      spdlog::log(reason.is_hopeless ? spdlog::level::warn : spdlog::level::info, "{} waits: {}",
                  what, reason.text);
    }
  }
  logged_ = std::move(reasons);
}

}  // namespace wemol::queue
