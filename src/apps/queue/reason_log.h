#pragma once

#include <map>
#include <string>

namespace wemol::queue {

/// Says why things wait: a line when a reason appears or changes, none while it stays.
class ReasonLog {
 public:
  /// All reasons as they are now, by what waits: "job 3 (queue 1)".
  void update(const std::map<std::string, std::string>& reasons);

 private:
  std::map<std::string, std::string> logged_;
};

}  // namespace wemol::queue
