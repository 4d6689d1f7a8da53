#include "reason_log.h"

#include <spdlog/spdlog.h>

namespace wemol::queue {

void ReasonLog::update(const std::map<std::string, std::string>& reasons) {
  for (const auto& [what, reason] : reasons) {
    const auto known = logged_.find(what);
    if (known == logged_.end() || known->second != reason) {
      spdlog::info("{} waits: {}", what, reason);
    }
  }
  logged_ = reasons;
}

}  // namespace wemol::queue
