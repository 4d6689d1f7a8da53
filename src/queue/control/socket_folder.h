#pragma once

#include <filesystem>

#include <wemol/result.h>

#include "files.h"

namespace wemol::queue {

/// The control socket in a state directory, by a path that is short enough for a socket however
/// long the directory's is: through its descriptor in /proc.
class SocketFolder {
 public:
  [[nodiscard]] static Result<SocketFolder> open(const std::filesystem::path& folder);

  /// To bind or connect to, as long as this lives.
  [[nodiscard]] std::filesystem::path short_path() const;
  /// For messages.
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  SocketFolder(UniqueFd folder, std::filesystem::path path)
      : folder_(std::move(folder)), path_(std::move(path)) {}

  UniqueFd folder_;
  std::filesystem::path path_;
};

}  // namespace wemol::queue
