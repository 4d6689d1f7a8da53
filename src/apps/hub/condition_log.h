#pragma once

#include <set>
#include <string>
#include <utility>

#include <spdlog/spdlog.h>

#include <wemol/condition.h>

namespace wemol::hub {

/// Says in the log what begins and ends.
class ConditionLog {
 public:
  void note(const Conditions& conditions) {
    std::set<std::string> keys;
    for (const Condition& condition : conditions) {
      keys.insert(condition.key);
      if (!keys_.contains(condition.key)) {
        spdlog::error("{}", condition.message);
      }
    }
    for (const std::string& key : keys_) {
      if (!keys.contains(key)) {
        spdlog::info("{}: well again", key);
      }
    }
    keys_ = std::move(keys);
  }

 private:
  std::set<std::string> keys_;
};

}  // namespace wemol::hub
