#include <algorithm>
#include <set>
#include <utility>

#include "history_file.h"
#include "log_line.h"

namespace wemol::hub {
namespace {

/// A host that reports each second is not left to pile up rows.
constexpr std::size_t kMostUnfolded = 400;

}  // namespace

Result<std::size_t> HistoryFile::fold(SteadyTime now, std::size_t most_hosts) {
  std::vector<HostEntry*> due;
  for (auto& [name, host] : hosts_) {
    if (!host.unfolded.empty() && (host.unfolded.front().known_since + kFoldAfter <= now ||
                                   host.unfolded.size() >= kMostUnfolded)) {
      due.push_back(&host);
    }
  }
  // Those that wait longest.
  std::ranges::sort(due, {}, [](const HostEntry* host) { return host->unfolded.front().row; });
  due.resize(std::min(due.size(), most_hosts));
  return due.empty() ? Result<std::size_t>(0) : fold_hosts(due);
}

Result<std::size_t> HistoryFile::fold_hosts(std::span<HostEntry* const> hosts) {
  auto transaction = Transaction::begin(database_);
  if (!transaction) {
    return tl::make_unexpected(transaction.error());
  }
  Result<void> fine;
  for (std::size_t at = 0; fine && at < hosts.size(); ++at) {
    fine = fold_host(*hosts[at]);
  }
  if (fine) {
    fine = transaction->commit();
  }
  if (!fine) {
    return tl::make_unexpected(fine.error());
  }
  for (HostEntry* const host : hosts) {
    unfolded_rows_ -= host->unfolded.size();
    host->unfolded.clear();
  }
  return hosts.size();
}

Result<void> HistoryFile::fold_host(const HostEntry& host) {
  std::vector<std::pair<FileTime, RowFigures>> rows;
  rows.reserve(host.unfolded.size());
  for (const Unfolded& unfolded : host.unfolded) {
    auto figures = read_row(unfolded.row);
    if (!figures) {
      return tl::make_unexpected(figures.error());
    }
    rows.emplace_back(unfolded.time, std::move(*figures));
  }
  for (const Level& level : kLevels) {
    if (auto folded = fold_level(host, level, rows); !folded) {
      return folded;
    }
  }
  return statements_.set_folded.bind(1, host.unfolded.back().row).bind(2, host.id).run();
}

Result<void> HistoryFile::fold_level(const HostEntry& host, const Level& level,
                                     std::span<const std::pair<FileTime, RowFigures>> rows) {
  std::set<FileTime> begins;
  for (const auto& [time, figures] : rows) {
    begins.insert(chunk_begin(level, time));
  }
  for (const FileTime begin : begins) {
    const std::int64_t key = chunk_key(host.id, level, begin);
    auto chunk = read_chunk(key);
    if (!chunk) {
      return tl::make_unexpected(chunk.error());
    }
    for (const auto& [time, figures] : rows) {
      if (chunk_begin(level, time) != begin) {
        continue;
      }
      for (const auto& [series, value] : figures) {
        Steps& steps = (*chunk)[series];
        steps.resize(static_cast<std::size_t>(kStepsOfChunk));
        steps[step_of(level, time)].add({.min = value, .mean = value, .max = value, .samples = 1});
      }
    }
    if (auto written = write_chunk(key, *chunk); !written) {
      return written;
    }
  }
  return {};
}

Result<RowFigures> HistoryFile::read_row(std::int64_t row) {
  Statement& read = statements_.read_row;
  const auto found = read.bind(1, row).next();
  if (!found) {
    return tl::make_unexpected(found.error());
  }
  if (!*found) {
    return RowFigures();
  }
  auto figures = unpack_row(read.blob(0));
  read.reset();
  if (!figures) {
    // One report less; an error would hold all that come after it.
    log_line(Severity::error, "the history: " + figures.error().message + ", and is left out");
    return RowFigures();
  }
  return figures;
}

Result<Chunk> HistoryFile::read_chunk(std::int64_t key) {
  Statement& read = statements_.read_chunk;
  const auto found = read.bind(1, key).next();
  if (!found) {
    return tl::make_unexpected(found.error());
  }
  if (!*found) {
    return Chunk();
  }
  auto chunk = unpack_chunk(read.blob(0));
  read.reset();
  if (!chunk) {
    log_line(Severity::error, "the history: " + chunk.error().message + ", and is begun anew");
    return Chunk();
  }
  return chunk;
}

Result<void> HistoryFile::write_chunk(std::int64_t key, const Chunk& chunk) {
  const std::string steps = pack_chunk(chunk);
  return statements_.write_chunk.bind(1, key).bind_blob(2, steps).run();
}

}  // namespace wemol::hub
