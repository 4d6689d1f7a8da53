#pragma once

#include <cstdint>
#include <string>

#include <wemol/condition.h>

namespace wemol::native {

/// What there is to say of the ends of containers, for the log: once for each of them, and counted.
class EndNotices {
 public:
  void read_in_time() { ++in_time_; }
  /// The kernel had dropped the counters.
  void read_too_late(const std::string& container_id, const std::string& name);
  /// The whole run was over.
  void never_seen(const std::string& container_id, const std::string& name);
  void out_of_memory(const std::string& container_id, const std::string& name);

  /// Those since the last call.
  [[nodiscard]] Conditions take();
  /// The counts since the start, in words.
  [[nodiscard]] std::string summary() const;

 private:
  void add(const std::string& key, std::string message);

  Conditions notices_;
  std::uint64_t in_time_ = 0;
  std::uint64_t too_late_ = 0;
  std::uint64_t never_seen_ = 0;
};

}  // namespace wemol::native
