#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "unique_fd.h"

namespace wemol {

/// Why a row could not be appended.
struct AppendError {
  int code = 0;  ///< errno
  std::string message;
  /// The folder does not exist and cannot be made, for a reason that will not pass by itself.
  bool no_folder = false;
};

/// `<folder>/<stem>.csv`, to which rows are appended. What it promises:
/// - A row is written by one write(2), with the header in front when the file is empty. A full disk
///   refuses it before any of it is written. When the write stops half-way all the same (a limit on
///   the file's size), the half is taken back, so a row is there whole or not.
/// - Nothing else is ever removed or rewritten. A last line without an end gets one first.
/// - A file with another header (or something that is no file) is left alone: the rows go to
///   `<stem>-2.csv`, `-3`, ….
/// - The file is looked at before each row: one that was removed or renamed is begun anew, and so
/// is
///   its folder; one that somebody else has changed is checked as if it were met for the first
///   time.
/// - Its descriptor is kept while the process has used less than half of those that it may have.
/// - When append returns, the kernel has begun to write the row to the disk. A crash of the program
///   loses nothing that was appended; a power cut may lose what the disk had not taken yet.
class CsvFile {
 public:
  /// `header` ends in CRLF, as rows do.
  CsvFile(std::filesystem::path folder, std::string stem, std::string_view header);

  [[nodiscard]] tl::expected<void, AppendError> append(std::string_view row);

  /// Of the file that took the last row; empty when there was none.
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }

 private:
  /// One of the numbered files, found fit for rows.
  struct OpenFile {
    UniqueFd fd;
    dev_t device;
    ino_t inode;
    off_t size;  ///< as the last append left it
    std::string_view missing_line_end;
    bool is_first;  ///< of the numbered files
  };

  [[nodiscard]] std::string numbered_path(unsigned number) const;
  [[nodiscard]] tl::expected<void, AppendError> open_own_file();
  [[nodiscard]] bool is_open_and_unchanged() const;

  std::filesystem::path folder_;
  std::string stem_;
  std::string_view header_;
  std::string path_;
  std::optional<OpenFile> file_;
};

}  // namespace wemol
