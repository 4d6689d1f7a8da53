#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

namespace wemol {

/// Why a row could not be appended.
struct AppendError {
  int code = 0;  ///< errno
  std::string message;
  /// The folder does not exist and cannot be made, for a reason that will not pass by itself.
  bool no_folder = false;
};

/// `<folder>/<stem>.csv`, to which rows are appended. What it promises:
/// - A row is written by one write(2), with the header in front when the file is empty. When the
///   write stops half-way (disk full), the half is taken back, so a row is there whole or not.
/// - Nothing else is ever removed or rewritten. A last line without an end gets one first.
/// - A file with another header (or something that is no file) is left alone: the rows go to
///   `<stem>-2.csv`, `-3`, ….
/// - The file is opened for each row: one that was removed or renamed is begun anew, and so is its
///   folder. No descriptor is kept.
/// - When append returns, the kernel has begun to write the row to the disk. A crash of the program
///   loses nothing that was appended; a power cut may lose what the disk had not taken yet.
class CsvFile {
 public:
  /// `header` ends in CRLF, as rows do.
  CsvFile(std::filesystem::path folder, std::string stem, std::string_view header);

  /// Returns the path of the file that took the row.
  [[nodiscard]] tl::expected<std::filesystem::path, AppendError> append(std::string_view row);

  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }

 private:
  /// The file as the last append left it: then its header and its end are known to be good.
  struct Fingerprint {
    dev_t device;
    ino_t inode;
    off_t size;
    friend bool operator==(const Fingerprint&, const Fingerprint&) = default;
  };
  class OpenFile;

  [[nodiscard]] std::filesystem::path numbered_path(unsigned number) const;
  [[nodiscard]] tl::expected<OpenFile, AppendError> open_own_file();

  std::filesystem::path folder_;
  std::string stem_;
  std::string_view header_;
  std::optional<Fingerprint> last_;
};

}  // namespace wemol
