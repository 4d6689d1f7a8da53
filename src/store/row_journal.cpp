#include "row_journal.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include <fmt/format.h>

namespace wemol {
namespace {

static_assert(std::endian::native == std::endian::little);

Error journal_error(const std::filesystem::path& path, int code) {
  return {.message = fmt::format("{}: {}", path.string(), strerror(code)), .code = code};
}

/// The header, and zeros where frames will be.
int write_empty(int fd, std::size_t segment_bytes) {
  const std::size_t end = RowJournal::kBlock + 2 * segment_bytes;
  // A disk without room for it shall say so before the zeros have filled it.
  if (fallocate(fd, 0, 0, static_cast<off_t>(end)) != 0 && (errno == ENOSPC || errno == EDQUOT)) {
    return errno;
  }
  RowJournal::FileHeader header{};
  RowJournal::kMagic.copy(static_cast<char*>(header.magic), sizeof(header.magic));
  header.segment_bytes = segment_bytes;
  std::string block(RowJournal::kBlock, '\0');
  std::memcpy(block.data(), &header, sizeof(header));
  if (const int code = write_all_at(fd, block, 0); code != 0) {
    return code;
  }
  const std::string zeros(RowJournal::kLeastSegment, '\0');
  for (std::size_t at = RowJournal::kBlock; at < end; at += zeros.size()) {
    const std::size_t length = std::min(zeros.size(), end - at);
    const int code =
        write_all_at(fd, std::string_view(zeros).substr(0, length), static_cast<off_t>(at));
    if (code != 0) {
      return code;
    }
  }
  return fsync(fd) == 0 ? 0 : errno;
}

/// Not over another file. Nothing, or an errno.
int give_name(const std::filesystem::path& draft, const std::filesystem::path& path) {
  if (renameat2(AT_FDCWD, draft.c_str(), AT_FDCWD, path.c_str(), RENAME_NOREPLACE) == 0) {
    return 0;
  }
  struct stat found {};
  if (errno != EINVAL || lstat(path.c_str(), &found) == 0) {  // EINVAL: this file system cannot
    return errno == EINVAL ? EEXIST : errno;
  }
  return std::rename(draft.c_str(), path.c_str()) == 0 ? 0 : errno;
}

}  // namespace

int write_all_at(int fd, std::string_view text, off_t offset) {
  while (!text.empty()) {
    const ssize_t count = pwrite(fd, text.data(), text.size(), offset);
    if (count < 0 && errno == EINTR) {
      continue;
    }
    if (count <= 0) {
      return count < 0 ? errno : ENOSPC;
    }
    text.remove_prefix(static_cast<std::size_t>(count));
    offset += count;
  }
  return 0;
}

void JournalFrame::add(std::string_view csv, off_t offset, std::string_view row,
                       bool begins_chain) {
  const RecordHeader header{.offset = static_cast<std::uint64_t>(offset),
                            .row_bytes = static_cast<std::uint32_t>(row.size()),
                            .path_bytes = static_cast<std::uint16_t>(csv.size()),
                            .begins_chain = static_cast<std::uint16_t>(begins_chain ? 1 : 0)};
  std::array<char, sizeof(header)> bytes{};
  std::memcpy(bytes.data(), &header, sizeof(header));
  bytes_.append(bytes.data(), bytes.size());
  bytes_ += csv;
  bytes_ += row;
}

std::size_t JournalFrame::length() const {
  return RowJournal::to_whole_blocks(bytes_.size());
}

std::string_view JournalFrame::sealed(Header header) {
  header.record_bytes = bytes_.size() - sizeof(header);
  std::memcpy(bytes_.data(), &header, sizeof(header));
  header.checksum = RowJournal::checksum(std::string_view(bytes_).substr(sizeof(header.checksum)));
  std::memcpy(bytes_.data(), &header.checksum, sizeof(header.checksum));
  bytes_.resize(length(), '\0');
  return bytes_;
}

std::filesystem::path RowJournal::path_in(const std::filesystem::path& output_dir) {
  return output_dir / ".wemol-recorder.journal";
}

/// It has to tell what was written from what was not, and from other frames; nobody forges it.
std::uint64_t RowJournal::checksum(std::string_view bytes) {
  constexpr std::uint64_t kPrime = 0x100000001b3;
  constexpr unsigned kHalf = 32;
  std::uint64_t sum = 0xcbf29ce484222325 ^ bytes.size();
  while (!bytes.empty()) {
    std::uint64_t word = 0;
    const std::size_t length = std::min(bytes.size(), sizeof(word));
    std::memcpy(&word, bytes.data(), length);
    sum = (sum ^ word) * kPrime;
    sum ^= sum >> kHalf;
    bytes.remove_prefix(length);
  }
  return sum;
}

RowJournal::RowJournal(std::filesystem::path path, UniqueFd file, std::size_t segment_bytes)
    : path_(std::move(path)), file_(std::move(file)), segment_bytes_(segment_bytes) {}

Result<RowJournal> RowJournal::create(const std::filesystem::path& output_dir,
                                      std::size_t segment_bytes) {
  const std::filesystem::path path = path_in(output_dir);
  const std::filesystem::path draft = path.string() + ".new";
  unlink(draft.c_str());  // no journal yet, whoever has left it
  UniqueFd file(open(draft.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file) {
    return tl::make_unexpected(journal_error(draft, errno));
  }
  // For a recorder that does not meet the folder's lock.
  int code = flock(file.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK ? EWOULDBLOCK : 0;
  code = code != 0 ? code : write_empty(file.get(), segment_bytes);
  code = code != 0 ? code : give_name(draft, path);
  if (code != 0) {
    unlink(draft.c_str());
    return tl::make_unexpected(journal_error(draft, code));
  }
  if ((code = sync_folder(output_dir)) != 0) {
    unlink(path.c_str());
    return tl::make_unexpected(journal_error(output_dir, code));
  }
  return RowJournal(path, std::move(file), segment_bytes);
}

void RowJournal::turn() {
  ++generation_;
  used_bytes_ = 0;
}

Result<void> RowJournal::commit(JournalFrame& frame) {
  const std::string_view bytes = frame.sealed({.checksum = 0,
                                               .generation = generation_,
                                               .sequence = sequence_,
                                               .needed_from = generation_ - 1,
                                               .record_bytes = 0});
  const std::size_t at = kBlock + (generation_ % 2) * segment_bytes_ + used_bytes_;
  used_bytes_ += bytes.size();
  ++sequence_;
  if (const int code = write_all_at(file_.get(), bytes, static_cast<off_t>(at)); code != 0) {
    return tl::make_unexpected(journal_error(path_, code));
  }
  return fdatasync(file_.get()) == 0 ? Result<void>()
                                     : tl::make_unexpected(journal_error(path_, errno));
}

bool RowJournal::is_in_place() const {
  struct stat ours {};
  struct stat found {};
  return fstat(file_.get(), &ours) == 0 && stat(path_.c_str(), &found) == 0 &&
         ours.st_dev == found.st_dev && ours.st_ino == found.st_ino;
}

void RowJournal::remove() {
  if (is_in_place() && unlink(path_.c_str()) == 0) {
    // Else it could come back when its CSVs have gone on. Where it does not help, it did no harm.
    (void)sync_folder(path_.parent_path());
  }
}

}  // namespace wemol
