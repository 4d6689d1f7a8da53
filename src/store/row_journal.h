#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include <wemol/result.h>

#include "files.h"

namespace wemol {

/// Nothing, or an errno: how much of the text is written then cannot be told.
[[nodiscard]] int write_all_at(int fd, std::string_view text, off_t offset);

/// The rows of a round, for the journal.
class JournalFrame {
 public:
  struct Header {
    std::uint64_t checksum;     ///< of what follows, with the records
    std::uint64_t generation;   ///< counts the turns
    std::uint64_t sequence;     ///< counts the frames, through all generations
    std::uint64_t needed_from;  ///< the CSVs have the rows of the generations before this one
    std::uint64_t record_bytes;
  };
  struct RecordHeader {
    std::uint64_t offset;  ///< at which the row begins in the CSV
    std::uint32_t row_bytes;
    std::uint16_t path_bytes;
    std::uint16_t begins_chain;  ///< 1: it does not continue the records before it of this CSV
  };

  /// `csv`: its path in the output folder.
  void add(std::string_view csv, off_t offset, std::string_view row, bool begins_chain);
  /// The CSV has its rows before this on the disk.
  void end_chain(std::string_view csv) { add(csv, 0, {}, true); }
  [[nodiscard]] bool empty() const { return bytes_.size() == sizeof(Header); }
  void clear() { bytes_.resize(sizeof(Header)); }
  /// What it takes in the journal: whole blocks.
  [[nodiscard]] std::size_t length() const;
  /// As it is written.
  [[nodiscard]] std::string_view sealed(Header header);

 private:
  std::string bytes_ = std::string(sizeof(Header), '\0');
};

/// One file in the output folder which has the rows of the last rounds once more, so that a round
/// waits for one file to reach the disk and not for each CSV. What it promises:
/// - A round is one frame: written by one pwrite(2), made durable by one fdatasync(2). All its room
///   is written with zeros beforehand, so that neither needs the file system's own journal.
/// - A frame begins on a block of its own. One that is torn is known by its checksum; those before
///   it are not touched any more.
/// - Two segments take turns. A segment is written anew only when the CSVs have all of its rows on
///   the disk (see turn()).
///
/// Layout, little endian: a block with kMagic and the segment size, then the two segments of
/// frames. A frame is a JournalFrame::Header, then records one behind the other: RecordHeader, the
/// CSV's path in the output folder, the row.
class RowJournal {
 public:
  static constexpr std::size_t kBlock = 4096;
  static constexpr std::size_t kLeastSegment = std::size_t{256} << 10U;
  static constexpr std::size_t kLargestSegment = std::size_t{32} << 20U;
  static constexpr std::string_view kMagic = "wemol-recorder journal 1\n";

  struct FileHeader {
    char magic[32];  // NOLINT(modernize-avoid-c-arrays): as it lies in the file
    std::uint64_t segment_bytes;
  };
  /// Each frame begins on a block of its own.
  [[nodiscard]] static std::size_t to_whole_blocks(std::size_t bytes) {
    return (bytes + kBlock - 1) / kBlock * kBlock;
  }
  [[nodiscard]] static std::filesystem::path path_in(const std::filesystem::path& output_dir);
  [[nodiscard]] static std::uint64_t checksum(std::string_view bytes);

  /// EEXIST where there is one: see replay_journal. Durable, with its name, when it returns.
  [[nodiscard]] static Result<RowJournal> create(const std::filesystem::path& output_dir,
                                                 std::size_t segment_bytes);

  [[nodiscard]] std::size_t segment_bytes() const { return segment_bytes_; }
  [[nodiscard]] std::size_t room() const { return segment_bytes_ - used_bytes_; }
  [[nodiscard]] std::uint64_t generation() const { return generation_; }

  /// Goes on in the other segment. The CSVs have all rows of the generations before this one on the
  /// disk.
  void turn();
  /// There has to be room for it. When it returns without an error, the disk has it.
  [[nodiscard]] Result<void> commit(JournalFrame& frame);

  /// Whether the file still stands in the folder: one that was removed helps nobody.
  [[nodiscard]] bool is_in_place() const;
  /// When the CSVs have all rows on the disk.
  void remove();

 private:
  RowJournal(std::filesystem::path path, UniqueFd file, std::size_t segment_bytes);

  std::filesystem::path path_;
  UniqueFd file_;
  std::size_t segment_bytes_;
  std::size_t used_bytes_ = 0;
  std::uint64_t generation_ = 1;
  std::uint64_t sequence_ = 1;
};

}  // namespace wemol
