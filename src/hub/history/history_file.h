#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "chunk.h"
#include "clock.h"
#include "figure_row.h"
#include "history.h"
#include "level.h"
#include "sqlite.h"

namespace wemol::hub {

struct HistorySettings {
  std::filesystem::path file;
  /// How long each level is kept.
  std::array<std::chrono::hours, kLevels.size()> keep{std::chrono::hours(24), std::chrono::days(14),
                                                      std::chrono::days(400)};
  /// Of the file. Beyond, the oldest goes, the finest level first.
  std::uint64_t most_bytes = std::uint64_t{16} << 30;
};

/// The history's file: how it is written, read and kept in bounds. For one thread; every call that
/// writes is one transaction, so after an error, a crash or a power cut the file is as before it.
class HistoryFile {
 public:
  [[nodiscard]] static Result<std::unique_ptr<HistoryFile>> open(HistorySettings settings,
                                                                 SteadyTime now);
  HistoryFile(const HistoryFile&) = delete;
  HistoryFile& operator=(const HistoryFile&) = delete;

  /// They are on the disk when it returns.
  [[nodiscard]] Result<void> append(std::span<const HistorySample> samples, SteadyTime now);

  /// Moves hosts whose oldest row in the journal is `kFoldAfter` old into the chunks, as many as
  /// asked for at most. Returns how many were.
  [[nodiscard]] Result<std::size_t> fold(SteadyTime now, std::size_t most_hosts);
  static constexpr std::chrono::minutes kFoldAfter{10};

  /// Deletes what nobody needs any more, a slice of it. True: there is more.
  [[nodiscard]] Result<bool> trim_journal();
  [[nodiscard]] Result<bool> drop_forgotten();
  /// Deletes what is too old. The time by which that is told goes on by a day at most from call to
  /// call: a clock that is set wrong does not empty the file. To be called each hour.
  [[nodiscard]] Result<void> drop_old(WallTime now);
  /// Deletes the oldest chunks while the file has more than its bound, a slice. A level whose only
  /// chunks are those of now is left alone. True: there may be more.
  [[nodiscard]] Result<bool> drop_excess(WallTime now);

  /// `now` tells how far back the levels reach.
  [[nodiscard]] Result<HistoryAnswer> query(const HistoryQuery& query, WallTime now);

  /// The host is unknown from now on; drop_forgotten() deletes what it has left.
  [[nodiscard]] Result<void> forget(std::string_view host);

  /// Of the file without its free pages.
  [[nodiscard]] Result<std::uint64_t> used_bytes() const;
  [[nodiscard]] std::size_t unfolded_rows() const { return unfolded_rows_; }

 private:
  /// A row of the journal that is not in the chunks yet.
  struct Unfolded {
    std::int64_t row = 0;
    FileTime time = 0;
    SteadyTime known_since;
  };
  struct HostEntry {
    std::int64_t id = 0;
    std::deque<Unfolded> unfolded;
  };
  struct Statements {
    Statement add_host, add_metric, add_row, read_row, read_chunk, write_chunk, set_folded,
        first_row, delete_rows, chunks_between, delete_chunks, first_chunk, set_mark, read_mark,
        forget_host, delete_host, forgotten_host;
  };
  class Reading;
  using Hosts = std::map<std::string, HostEntry, std::less<>>;

  HistoryFile(HistorySettings settings, Database database)
      : settings_(std::move(settings)), database_(std::move(database)) {}

  [[nodiscard]] Result<void> prepare_statements();
  [[nodiscard]] Result<void> load_hosts();
  [[nodiscard]] Result<void> load_journal(SteadyTime now);
  [[nodiscard]] Result<void> load_metrics();

  [[nodiscard]] Result<HostEntry*> host_entry(const std::string& name);
  [[nodiscard]] Result<std::optional<std::uint32_t>> metric_number(const std::string& name);
  [[nodiscard]] Result<RowFigures> row_figures(const Figures& figures);
  [[nodiscard]] Result<void> append_sample(const HistorySample& sample, SteadyTime now);
  /// Takes out of the memory what a transaction that failed has put there.
  void forget_new_names();

  [[nodiscard]] Result<std::size_t> fold_hosts(std::span<HostEntry* const> hosts);
  [[nodiscard]] Result<RowFigures> read_row(std::int64_t row);
  [[nodiscard]] Result<Chunk> read_chunk(std::int64_t key);
  [[nodiscard]] Result<void> write_chunk(std::int64_t key, const Chunk& chunk);
  [[nodiscard]] Result<void> fold_host(const HostEntry& host);
  [[nodiscard]] Result<void> fold_level(const HostEntry& host, const Level& level,
                                        std::span<const std::pair<FileTime, RowFigures>> rows);

  [[nodiscard]] Result<void> delete_chunks(const Level& level, FileTime before);
  [[nodiscard]] Result<std::optional<FileTime>> oldest_chunk(const Level& level);
  [[nodiscard]] Result<std::optional<std::int64_t>> mark(std::string_view name);
  [[nodiscard]] Result<void> set_mark(std::string_view name, std::int64_t value);

  [[nodiscard]] const std::string& metric_name(std::uint32_t number) const;

  HistorySettings settings_;
  Database database_;
  Statements statements_;
  Hosts hosts_;
  std::unordered_map<std::string, std::uint32_t> metric_numbers_;
  std::vector<std::string> metric_names_;  ///< by number
  std::size_t unfolded_rows_ = 0;
  std::int64_t next_row_ = 1;  ///< of the journal: greater than all that there ever were
  // Of the transaction that runs.
  std::vector<std::string> new_hosts_;
  std::vector<std::string> new_metrics_;
  std::vector<std::pair<HostEntry*, Unfolded>> new_rows_;
};

}  // namespace wemol::hub
