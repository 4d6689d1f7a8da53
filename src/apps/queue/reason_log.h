#pragma once

#include <map>
#include <string>

namespace wemol::queue {

/// Says why things wait: a line when a reason appears or changes, none while it stays.
class ReasonLog {
 public:
  struct Reason {
    std::string text;
    bool is_hopeless = false;  ///< a WARNING: somebody has to change something

    bool operator==(const Reason&) const = default;
  };
  using Reasons = std::map<std::string, Reason>;

  /// All reasons as they are now, by what waits: "job 3 (queue 1)".
  void update(Reasons reasons);

 private:
  Reasons logged_;
};

}  // namespace wemol::queue
