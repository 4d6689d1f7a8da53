#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include <wemol/result.h>

#include "files.h"
#include "job.h"

namespace wemol::queue {

/// The result of a try in results/<uni_id>.json, with room for it on the disk from the beginning
/// on.
class ResultFile {
 public:
  /// Makes the folder and reserves the room.
  [[nodiscard]] static Result<ResultFile> reserve(const std::filesystem::path& state_dir,
                                                  const std::string& uni_id);
  /// Durable, and there as a whole or not at all.
  [[nodiscard]] Result<void> write(const TryResult& result);

 private:
  ResultFile(UniqueFd draft, std::filesystem::path path)
      : draft_(std::move(draft)), path_(std::move(path)) {}

  UniqueFd draft_;
  std::filesystem::path path_;
};

/// Nothing: there is none (yet). Where the keeper has ended, it was killed.
[[nodiscard]] Result<std::optional<TryResult>> read_result(const std::filesystem::path& state_dir,
                                                           const std::string& uni_id);
/// After the result has been taken into the scheduler's state.
void remove_result(const std::filesystem::path& state_dir, const std::string& uni_id);

}  // namespace wemol::queue
