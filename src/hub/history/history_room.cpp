#include <algorithm>
#include <optional>

#include "history_file.h"

namespace wemol::hub {
namespace {

constexpr std::int64_t kRowsAtOnce = 5'000;
constexpr std::int64_t kChunksAtOnce = 200;
constexpr std::string_view kLastTidied = "tidied";

}  // namespace

Result<bool> HistoryFile::trim_journal() {
  std::int64_t needed_from = next_row_;
  for (const auto& [name, host] : hosts_) {
    if (!host.unfolded.empty()) {
      needed_from = std::min(needed_from, host.unfolded.front().row);
    }
  }
  Statement& first_row = statements_.first_row;
  const auto found = first_row.next();
  if (!found) {
    return tl::make_unexpected(found.error());
  }
  const std::int64_t first = *found ? first_row.integer(0) : 0;  // 0: there is none
  first_row.reset();
  if (first == 0 || first >= needed_from) {
    return false;
  }
  const std::int64_t end = std::min(needed_from, first + kRowsAtOnce);
  if (const auto deleted = statements_.delete_rows.bind(1, end).run(); !deleted) {
    return tl::make_unexpected(deleted.error());
  }
  return end < needed_from;
}

Result<bool> HistoryFile::drop_forgotten() {
  Statement& forgotten = statements_.forgotten_host;
  auto found = forgotten.next();
  if (!found || !*found) {
    return found;
  }
  const std::int64_t host = forgotten.integer(0);
  forgotten.reset();
  const std::int64_t end = chunk_key(host + 1, kLevels.front(), 0);
  auto transaction = Transaction::begin(database_);
  if (!transaction) {
    return tl::make_unexpected(transaction.error());
  }
  for (std::int64_t i = 0; i < kChunksAtOnce; ++i) {
    Statement& first = statements_.first_chunk;
    auto chunk = first.bind(1, chunk_key(host, kLevels.front(), 0)).bind(2, end).next();
    if (!chunk) {
      return chunk;
    }
    if (!*chunk) {
      auto deleted = statements_.delete_host.bind(1, host).run();
      if (deleted) {
        deleted = transaction->commit();
      }
      return deleted ? Result<bool>(true) : tl::make_unexpected(deleted.error());
    }
    const std::int64_t key = first.integer(0);
    first.reset();
    if (const auto deleted = statements_.delete_chunks.bind(1, key).bind(2, key + 1).run();
        !deleted) {
      return tl::make_unexpected(deleted.error());
    }
  }
  const auto done = transaction->commit();
  return done ? Result<bool>(true) : tl::make_unexpected(done.error());
}

Result<void> HistoryFile::drop_old(WallTime now) {
  constexpr FileTime kDay = 86'400;
  const auto last = mark(kLastTidied);
  if (!last) {
    return tl::make_unexpected(last.error());
  }
  const FileTime time = *last ? std::clamp(file_time(now), **last, **last + kDay) : file_time(now);
  auto transaction = Transaction::begin(database_);
  if (!transaction) {
    return tl::make_unexpected(transaction.error());
  }
  for (std::size_t at = 0; at < kLevels.size(); ++at) {
    const FileTime kept_from =
        time - std::chrono::duration_cast<std::chrono::seconds>(settings_.keep[at]).count();
    // The chunk in which that lies is kept.
    if (kept_from <= 0) {
      continue;
    }
    if (auto done = delete_chunks(kLevels[at], chunk_begin(kLevels[at], kept_from)); !done) {
      return done;
    }
  }
  if (auto done = set_mark(kLastTidied, time); !done) {
    return done;
  }
  return transaction->commit();
}

Result<bool> HistoryFile::drop_excess(WallTime now) {
  const auto used = used_bytes();
  if (!used) {
    return tl::make_unexpected(used.error());
  }
  if (*used <= settings_.most_bytes) {
    return false;
  }
  for (const Level& level : kLevels) {
    const auto oldest = oldest_chunk(level);
    if (!oldest) {
      return tl::make_unexpected(oldest.error());
    }
    if (*oldest && **oldest < chunk_begin(level, file_time(now))) {
      // One commit for all hosts.
      auto transaction = Transaction::begin(database_);
      if (!transaction) {
        return tl::make_unexpected(transaction.error());
      }
      auto deleted = delete_chunks(level, **oldest + level.chunk_span().count());
      if (deleted) {
        deleted = transaction->commit();
      }
      return deleted ? Result<bool>(true) : tl::make_unexpected(deleted.error());
    }
  }
  return false;
}

Result<void> HistoryFile::delete_chunks(const Level& level, FileTime before) {
  for (const auto& [name, host] : hosts_) {
    if (auto done = statements_.delete_chunks.bind(1, chunk_key(host.id, level, 0))
                        .bind(2, chunk_key(host.id, level, before))
                        .run();
        !done) {
      return done;
    }
  }
  return {};
}

Result<std::optional<FileTime>> HistoryFile::oldest_chunk(const Level& level) {
  std::optional<FileTime> oldest;
  for (const auto& [name, host] : hosts_) {
    Statement& first = statements_.first_chunk;
    const auto found = first.bind(1, chunk_key(host.id, level, 0))
                           .bind(2, chunk_key(host.id, level, kLastTime) + 1)
                           .next();
    if (!found) {
      return tl::make_unexpected(found.error());
    }
    if (*found) {
      const FileTime begin = begin_of_key(first.integer(0));
      oldest = oldest ? std::min(*oldest, begin) : begin;
      first.reset();
    }
  }
  return oldest;
}

Result<std::optional<std::int64_t>> HistoryFile::mark(std::string_view name) {
  Statement& read = statements_.read_mark;
  const auto found = read.bind(1, name).next();
  if (!found) {
    return tl::make_unexpected(found.error());
  }
  if (!*found) {
    return std::nullopt;
  }
  const std::int64_t value = read.integer(0);
  read.reset();
  return value;
}

Result<void> HistoryFile::set_mark(std::string_view name, std::int64_t value) {
  return statements_.set_mark.bind(1, name).bind(2, value).run();
}

}  // namespace wemol::hub
