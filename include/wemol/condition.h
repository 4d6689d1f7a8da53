#pragma once

#include <string>
#include <vector>

namespace wemol {

enum class Severity { info, warning, error };

/// Something that holds in this round and may hold in the next ones too: the docker daemon is
/// away, a folder cannot be made. Whoever notices it states it in every round in which it holds
/// and keeps no memory of it; the log says when it begins and when it ends.
struct Condition {
  /// The same text for as long as it is the same condition; never shown.
  std::string key;
  Severity severity = Severity::warning;
  /// What is wrong and what it means for the record, one English sentence without a full stop.
  std::string message;
  /// False for what is said once and then left alone: no reminder, no word when it ends.
  bool follow_up = true;
};

using Conditions = std::vector<Condition>;

}  // namespace wemol
