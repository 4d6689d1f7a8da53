#pragma once

#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "state_file.h"

namespace wemol::queue {

/// The versions of the file that this program understands.
inline constexpr int kStateFormat = 1;

/// Puts together what the lines of the state's journal say, in their order.
class StateReader {
 public:
  explicit StateReader(const Moment& now) : now_(now) {}

  void take_line(std::string_view line);

  /// Whether a newer version has written it: then it must not be touched.
  [[nodiscard]] bool is_of_newer_version() const { return is_newer_; }
  [[nodiscard]] std::size_t bad_lines() const { return bad_lines_; }
  [[nodiscard]] LoadedState take() { return std::move(loaded_); }

 private:
  [[nodiscard]] bool take_record(const nlohmann::ordered_json& record);
  [[nodiscard]] bool take_job(const nlohmann::ordered_json& record);
  [[nodiscard]] bool take_queue(const nlohmann::ordered_json& record);
  [[nodiscard]] bool take_blocks(const nlohmann::ordered_json& record);

  Moment now_;
  LoadedState loaded_;
  bool is_newer_ = false;
  std::size_t bad_lines_ = 0;
};

}  // namespace wemol::queue
