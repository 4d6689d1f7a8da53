#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "files.h"
#include "shared_looks.h"

namespace wemol {

/// Why a row could not be appended, or did not reach the disk.
struct AppendError {
  int code = 0;  ///< errno
  std::string message;
  /// The folder does not exist and cannot be made, or cannot be reached, for a reason that will not
  /// pass by itself.
  bool no_folder = false;
};

/// Where a row is in its file.
struct Appended {
  off_t offset = 0;  ///< of the row, or of the header or the line end that it needed before it
  /// It stands right behind what this object has appended to the same file before.
  bool is_continued = false;
};

/// `<folder>/<stem>.csv`, to which rows are appended. What it promises:
/// - A row is written by one write(2), with the header in front when the file is empty. A full disk
///   refuses it before any of it is written. When the write stops half-way all the same (a limit on
///   the file's size), the half is taken back, so a row is there whole or not.
/// - Nothing else is ever removed or rewritten. A last line without an end gets one first.
/// - A file with another header (or something that is no file) is left alone: the rows go to
///   `<stem>-2.csv`, `-3`, …, up to kMostNumbers.
/// - Before each row it is looked at whether this is still the file: one that was removed or
///   renamed is begun anew, and so is its folder; one whose size somebody else has changed is
///   checked as if it were met for the first time. With SharedLooks the look at the name may be one
///   at its folder, at most 10 ms old.
/// - Its descriptor is kept while the process has used less than half of those that it may have.
/// - When append returns, the kernel has begun to write the row to the disk. With SharedLooks it is
///   asked to at most every kWritebackEvery: for the first row after that time at once, for others
///   with the first append or start_due_writeback after it, and when the file is closed. A crash of
///   the program loses nothing that was appended. A power cut may lose it: the file's new size and
///   a new file's name are written later, as the file system likes, and the disk may hold all of it
///   in a cache.
/// - When sync returns without an error, a power cut does not lose it either.
class CsvFile {
 public:
  /// So many names are tried, so that looking for one ends.
  static constexpr unsigned kMostNumbers = 100;
  /// Less than the usual interval of 5 s, with which each row is on its way when its round ends.
  static constexpr std::chrono::seconds kWritebackEvery{4};

  /// `header` ends in CRLF, as rows do. `looks` lives longer than the file; nullptr: none.
  CsvFile(std::filesystem::path folder, std::string stem, std::string_view header,
          SharedLooks* looks = nullptr);

  [[nodiscard]] tl::expected<Appended, AppendError> append(std::string_view row);

  /// From now on, when the file is not the one any more that took the rows since the last sync, it
  /// is synced before it is let go, if it is open: sync would not reach it.
  void sync_what_is_left() { syncs_what_is_left_ = true; }

  /// For rows of which the kernel has not begun to write all to the disk.
  void start_writeback();
  /// The same, once the first of them is that old.
  void start_due_writeback();

  /// Waits until the rows appended since the last call are on the disk, and the names of the file
  /// and of the folders that were made for it. After an error the kernel may have dropped the rows
  /// and would call it well the next time, so they count as seen to.
  [[nodiscard]] tl::expected<void, AppendError> sync();
  [[nodiscard]] std::size_t rows_to_sync() const { return rows_to_sync_; }

  /// Of the file that took the last row; empty when there was none.
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }

 private:
  /// A file as the last append left it.
  struct Left {
    std::string path;
    dev_t device;
    ino_t inode;
    off_t size;

    friend bool operator==(const Left&, const Left&) = default;
  };
  /// One of the numbered files, found fit for rows.
  struct OpenFile {
    UniqueFd fd;
    dev_t device;
    ino_t inode;
    off_t size;  ///< as the last append left it
    std::string_view missing_line_end;
    bool is_first;  ///< of the numbered files
    /// Of the folder, when the name was last seen to be this file's; 0: it has to be seen each
    /// time.
    std::uint64_t folder_state = 0;
    off_t writeback_up_to;  ///< the kernel has begun to write what is before it
    SteadyTime writeback_at{};
  };

  [[nodiscard]] std::string numbered_path(unsigned number) const;
  [[nodiscard]] tl::expected<void, AppendError> open_own_file();
  [[nodiscard]] std::error_code make_folder();
  [[nodiscard]] bool is_open_and_unchanged();
  [[nodiscard]] tl::expected<void, AppendError> write_whole(std::string_view text);
  [[nodiscard]] bool stays_open() const;
  void close();

  std::filesystem::path folder_;
  std::string stem_;
  std::string_view header_;
  SharedLooks* looks_;
  std::shared_ptr<SharedLooks::Folder> folder_look_;
  std::string path_;
  std::optional<OpenFile> file_;
  std::optional<Left> left_;  ///< when it was closed
  std::size_t rows_to_sync_ = 0;
  bool syncs_what_is_left_ = false;
  std::set<std::filesystem::path> folders_to_sync_;  ///< in which something may be new
};

}  // namespace wemol
