#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <wemol/result.h>

#include "csv.h"

namespace wemol::reading {

/// Reads the records of CSV files with a certain header, one file after the other, in blocks of a
/// fixed size: its memory does not depend on the files.
class RecordReader {
 public:
  /// A record that is longer is a bad line.
  static constexpr std::size_t kBlockSize = std::size_t{256} * 1024;

  /// `header` as its writer has it, with its line end and without quotes.
  explicit RecordReader(std::string_view header);
  RecordReader(const RecordReader&) = delete;
  RecordReader& operator=(const RecordReader&) = delete;
  ~RecordReader();

  /// Begins a file. An empty one has the header. A spreadsheet may have saved it again with
  /// semicolons. The error says what is wrong and what to do, without the path.
  [[nodiscard]] Result<void> open(const std::filesystem::path& file);
  /// Begins behind the first line end in the last `length` bytes of a file, whatever its header
  /// is. Line numbers count from there.
  [[nodiscard]] Result<void> open_tail(const std::filesystem::path& file, std::uint64_t length);

  enum class Outcome { record, bad_line, end };
  [[nodiscard]] Outcome next();

  [[nodiscard]] std::span<const std::string_view> fields() const { return splitter_.fields(); }
  /// Whether semicolons separate this file's fields: its numbers may have decimal commas.
  [[nodiscard]] bool has_semicolons() const { return splitter_.separator() == ';'; }
  /// Whether the last record had its line end; only a file's last one can lack it.
  [[nodiscard]] bool has_line_end() const { return has_line_end_; }
  /// Of the last record or bad line: where it begins, from 1.
  [[nodiscard]] std::uint64_t line() const { return line_; }
  /// Why it is a bad line.
  [[nodiscard]] const std::string& trouble() const { return trouble_; }
  /// Why the file could not be read to its end; empty when it could.
  [[nodiscard]] const std::string& read_error() const { return read_error_; }
  /// Of all files together.
  [[nodiscard]] std::uint64_t bytes_read() const { return bytes_read_; }

 private:
  [[nodiscard]] Result<std::uint64_t> open_file(const std::filesystem::path& file);
  void close();
  [[nodiscard]] bool fill();
  [[nodiscard]] bool skip_line();
  [[nodiscard]] bool is_header() const;

  std::string header_;
  CsvSplitter splitter_;
  std::vector<char> block_;
  int fd_ = -1;
  std::string_view rest_;  ///< of what is in the block
  bool at_end_ = true;     ///< of the file
  bool has_line_end_ = true;
  std::uint64_t line_ = 0;
  std::uint64_t next_line_ = 1;
  std::string trouble_;
  std::string read_error_;
  std::uint64_t bytes_read_ = 0;
};

}  // namespace wemol::reading
