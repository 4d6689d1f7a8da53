#include "journal_replay.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "files.h"
#include "recorded_tree.h"
#include "row_journal.h"

namespace wemol {
namespace {

using Path = std::filesystem::path;

struct Record {
  off_t offset;
  std::string row;

  [[nodiscard]] off_t end() const { return offset + static_cast<off_t>(row.size()); }
};

/// The last rows of one CSV that continue each other.
struct Chain {
  std::vector<Record> records;

  void add(Record record, bool begins) {
    if (begins || (!records.empty() && records.back().end() != record.offset)) {
      records.clear();
    }
    if (!record.row.empty()) {  // else it only ends the chain before it
      records.push_back(std::move(record));
    }
  }
};

struct Frame {
  JournalFrame::Header header;
  std::string records;
};

tl::unexpected<Error> replay_error(const Path& path, int code) {
  return failure(fmt::format("{}: {}", path.string(), strerror(code)), code);
}

/// Less when the file ends before. Nothing: it cannot be read.
std::optional<std::string> read_at(int fd, off_t offset, std::size_t length) {
  std::string text(length, '\0');
  std::size_t done = 0;
  while (done < length) {
    const ssize_t count =
        pread(fd, text.data() + done, length - done, offset + static_cast<off_t>(done));
    if (count < 0 && errno == EINTR) {
      continue;
    }
    if (count < 0) {
      return std::nullopt;
    }
    if (count == 0) {
      break;
    }
    done += static_cast<std::size_t>(count);
  }
  text.resize(done);
  return text;
}

template <typename Header>
std::optional<Header> header_in(std::string_view bytes) {
  Header header{};
  if (bytes.size() < sizeof(header)) {
    return std::nullopt;
  }
  std::memcpy(&header, bytes.data(), sizeof(header));
  return header;
}

/// One that was written whole.
std::optional<Frame> frame_at(int fd, off_t at, std::size_t room) {
  using Header = JournalFrame::Header;
  const auto begin = read_at(fd, at, sizeof(Header));
  const auto header = begin ? header_in<Header>(*begin) : std::nullopt;
  if (!header || room < sizeof(Header) || header->record_bytes > room - sizeof(Header)) {
    return std::nullopt;
  }
  const auto text = read_at(fd, at, sizeof(Header) + header->record_bytes);
  if (!text || text->size() != sizeof(Header) + header->record_bytes ||
      RowJournal::checksum(std::string_view(*text).substr(sizeof(header->checksum))) !=
          header->checksum) {
    return std::nullopt;
  }
  return Frame{*header, text->substr(sizeof(Header))};
}

void read_segment(int fd, off_t begin, std::size_t bytes, std::vector<Frame>& frames) {
  std::optional<JournalFrame::Header> before;
  for (std::size_t at = 0; at < bytes;) {
    auto frame = frame_at(fd, begin + static_cast<off_t>(at), bytes - at);
    const bool follows = frame && (!before || (frame->header.generation == before->generation &&
                                               frame->header.sequence == before->sequence + 1));
    if (!follows) {
      return;  // the end, or what is left of the segment's last turn
    }
    before = frame->header;
    at += RowJournal::to_whole_blocks(sizeof(*before) + before->record_bytes);
    frames.push_back(std::move(*frame));
  }
}

/// In order, those that are needed. Nothing: it is no journal.
std::optional<std::vector<Frame>> read_frames(int fd) {
  const auto block = read_at(fd, 0, RowJournal::kBlock);
  const auto header = block ? header_in<RowJournal::FileHeader>(*block) : std::nullopt;
  if (!header || !block->starts_with(RowJournal::kMagic) ||
      header->segment_bytes > RowJournal::kLargestSegment) {
    return std::nullopt;
  }
  std::vector<Frame> frames;
  for (const std::size_t segment : {0U, 1U}) {
    read_segment(fd, static_cast<off_t>(RowJournal::kBlock + segment * header->segment_bytes),
                 header->segment_bytes, frames);
  }
  std::ranges::sort(frames, {}, [](const Frame& frame) { return frame.header.sequence; });
  const std::uint64_t needed_from = frames.empty() ? 0 : frames.back().header.needed_from;
  std::erase_if(frames, [&](const Frame& frame) { return frame.header.generation < needed_from; });
  return frames;
}

/// "<folder>/<name that a recorder gives>", so that no journal leads elsewhere.
bool is_csv_path(std::string_view path) {
  const std::size_t slash = path.find('/');
  if (slash == std::string_view::npos || slash == 0 || path.find('\0') != std::string_view::npos) {
    return false;
  }
  const std::string_view folder = path.substr(0, slash);
  return folder != "." && folder != ".." && reading::parse_file_name(path.substr(slash + 1));
}

using Chains = std::map<std::string, Chain, std::less<>>;

void take_records(std::string_view records, Chains& chains) {
  while (const auto header = header_in<JournalFrame::RecordHeader>(records)) {
    records.remove_prefix(sizeof(*header));
    if (records.size() < std::size_t{header->path_bytes} + header->row_bytes) {
      return;
    }
    const std::string_view path = records.substr(0, header->path_bytes);
    const std::string_view row = records.substr(header->path_bytes, header->row_bytes);
    if (is_csv_path(path)) {
      chains[std::string(path)].add({static_cast<off_t>(header->offset), std::string(row)},
                                    header->begins_chain != 0);
    }
    records.remove_prefix(path.size() + row.size());
  }
}

enum class Outcome { was_there, written, left_out };

/// What there is of the row, apart from zeros, is the row's.
bool may_be_completed(std::string_view found, std::string_view row) {
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (found[i] != row[i] && found[i] != '\0') {
      return false;
    }
  }
  return true;
}

bool ends_a_line(int fd, off_t size) {
  const auto last = size == 0 ? std::nullopt : read_at(fd, size - 1, 1);
  return last && *last == "\n";
}

Result<Outcome> complete(int fd, const Record& record) {
  struct stat status {};
  const auto found = read_at(fd, record.offset, record.row.size());
  if (!found || fstat(fd, &status) != 0) {
    return failure(strerror(errno), errno);
  }
  if (*found == record.row) {
    return Outcome::was_there;
  }
  const bool begins_at_end = status.st_size == record.offset;
  if (status.st_size < record.offset || !may_be_completed(*found, record.row) ||
      (begins_at_end && !ends_a_line(fd, status.st_size))) {
    return Outcome::left_out;
  }
  if (const int code = write_all_at(fd, record.row, record.offset); code != 0) {
    return failure(strerror(code), code);
  }
  return Outcome::written;
}

void leave_out(std::size_t rows, const Path& csv, std::string_view reason, ReplayReport& report) {
  report.rows_left_out += rows;
  if (rows > 0 && report.first_left_out.empty()) {
    report.first_left_out = fmt::format("{}: {}", csv.string(), reason);
  }
}

Result<void> replay_chain(const Path& csv, const Chain& chain, ReplayReport& report) {
  report.rows += chain.records.size();
  const UniqueFd file(open(csv.c_str(), O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct stat status {};
  if (!file && errno != ENOENT && errno != ENOTDIR) {
    return replay_error(csv, errno);
  }
  if (!file || fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) {
    leave_out(chain.records.size(), csv, "it was removed or renamed", report);
    return {};
  }
  std::size_t written = 0;
  for (const Record& record : chain.records) {
    const auto outcome = complete(file.get(), record);
    if (!outcome) {
      return replay_error(csv, outcome.error().code);
    }
    written += *outcome == Outcome::written ? 1U : 0U;
    if (*outcome == Outcome::left_out) {
      leave_out(1, csv, "it was changed", report);
    }
  }
  report.rows_written += written;
  report.files_written += written > 0 ? 1U : 0U;
  // Also what was there: a killed recorder may have left it to the kernel.
  return fdatasync(file.get()) == 0 ? Result<void>() : replay_error(csv, errno);
}

/// This user's own, and nobody else's at work.
Result<UniqueFd> open_own(const Path& path) {
  UniqueFd file(open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY));
  struct stat status {};
  if (!file || fstat(file.get(), &status) != 0) {
    return replay_error(path, errno);
  }
  if (!S_ISREG(status.st_mode) || status.st_uid != geteuid() || status.st_nlink != 1) {
    return failure(fmt::format("{} is not a file of this user (uid {})", path.string(), geteuid()),
                   EPERM);
  }
  if (flock(file.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    return failure(fmt::format("{} is in use by another recorder", path.string()), EWOULDBLOCK);
  }
  return file;
}

}  // namespace

Result<ReplayReport> replay_journal(const Path& output_dir) {
  const Path path = RowJournal::path_in(output_dir);
  const auto file = open_own(path);
  if (!file) {
    return file.error().code == ENOENT || file.error().code == ENOTDIR
               ? Result<ReplayReport>(ReplayReport())
               : tl::make_unexpected(file.error());
  }
  const auto frames = read_frames(file->get());
  if (!frames) {
    return failure(path.string() + ": it is not what a recorder has written");
  }
  Chains chains;
  for (const Frame& frame : *frames) {
    take_records(frame.records, chains);
  }
  ReplayReport report;
  for (const auto& [csv, chain] : chains) {
    if (auto replayed = replay_chain(output_dir / csv, chain, report); !replayed) {
      return tl::make_unexpected(replayed.error());
    }
  }
  // At once: a journal that comes back meets files that have gone on.
  const bool is_removed = unlink(path.c_str()) == 0;
  if (const int code = is_removed ? sync_folder(output_dir) : errno; code != 0) {
    return replay_error(path, code);
  }
  return report;
}

void replay_journal_and_log(const Path& output_dir) {
  const auto report = replay_journal(output_dir);
  if (report) {
    log_replay(*report);
  } else {
    spdlog::warn(
        "the journal of the last recorder cannot be replayed, rows of its last rounds may be "
        "missing: {}",
        report.error().message);
  }
}

void log_replay(const ReplayReport& report) {
  if (report.rows_written > 0) {
    spdlog::info(
        "the journal had {} rows of {} files that the last recorder had not brought to "
        "the disk: they are written",
        report.rows_written, report.files_written);
  }
  if (report.rows_left_out > 0) {
    spdlog::warn(
        "{} of {} rows in the journal are left out, their files are not what they were when the "
        "last recorder wrote them ({})",
        report.rows_left_out, report.rows, report.first_left_out);
  }
}

}  // namespace wemol
