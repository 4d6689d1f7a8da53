#include "history_file.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "history_schema.h"

namespace wemol::hub {
namespace {

/// Names are the same for all hosts; more than these somebody makes up.
constexpr std::size_t kMostMetrics = 100'000;

}  // namespace

Result<std::unique_ptr<HistoryFile>> HistoryFile::open(HistorySettings settings, SteadyTime now) {
  auto database = open_history(settings.file);
  if (!database) {
    return tl::make_unexpected(database.error());
  }
  std::unique_ptr<HistoryFile> file(new HistoryFile(std::move(settings), std::move(*database)));
  auto fine = file->prepare_statements();
  if (fine) {
    fine = file->load_metrics();
  }
  if (fine) {
    fine = file->load_hosts();
  }
  if (fine) {
    fine = file->load_journal(now);
  }
  if (!fine) {
    return failure(fmt::format("{}: {}", file->settings_.file.string(), fine.error().message),
                   fine.error().code);
  }
  return file;
}

Result<void> HistoryFile::prepare_statements() {
  struct Row {
    Statement& statement;
    std::string_view sql;
  };
  Statements& all = statements_;
  const std::array rows{
      Row{all.add_host, "INSERT INTO host (name) VALUES (?)"},
      Row{all.add_metric, "INSERT INTO metric (name) VALUES (?)"},
      Row{all.add_row, "INSERT INTO journal (id, host, time, figures) VALUES (?, ?, ?, ?)"},
      Row{all.read_row, "SELECT figures FROM journal WHERE id = ?"},
      Row{all.read_chunk, "SELECT steps FROM chunk WHERE key = ?"},
      Row{all.write_chunk, "INSERT OR REPLACE INTO chunk (key, steps) VALUES (?, ?)"},
      Row{all.set_folded, "UPDATE host SET folded = ? WHERE id = ?"},
      Row{all.first_row, "SELECT min(id) FROM journal"},
      Row{all.delete_rows, "DELETE FROM journal WHERE id < ?"},
      Row{all.chunks_between,
          "SELECT key, steps FROM chunk WHERE key >= ? AND key < ? ORDER BY key"},
      Row{all.delete_chunks, "DELETE FROM chunk WHERE key >= ? AND key < ?"},
      Row{all.first_chunk, "SELECT key FROM chunk WHERE key >= ? AND key < ? ORDER BY key LIMIT 1"},
      Row{all.set_mark, "INSERT OR REPLACE INTO mark (name, value) VALUES (?, ?)"},
      Row{all.read_mark, "SELECT value FROM mark WHERE name = ?"},
      // '#' is in no host's name: a host that comes again begins anew.
      Row{all.forget_host,
          "UPDATE host SET forgotten = 1, name = name || '#' || id WHERE name = ?"},
      Row{all.forgotten_host, "SELECT id FROM host WHERE forgotten = 1 LIMIT 1"},
      Row{all.delete_host, "DELETE FROM host WHERE id = ?"},
  };
  for (const Row& row : rows) {
    auto statement = database_.prepare(row.sql);
    if (!statement) {
      return tl::make_unexpected(statement.error());
    }
    row.statement = std::move(*statement);
  }
  return {};
}

Result<void> HistoryFile::load_metrics() {
  auto rows = database_.prepare("SELECT id, name FROM metric");
  if (!rows) {
    return tl::make_unexpected(rows.error());
  }
  for (;;) {
    const auto row = rows->next();
    if (!row || !*row) {
      return row ? Result<void>() : tl::make_unexpected(row.error());
    }
    const auto number = static_cast<std::uint32_t>(rows->integer(0));
    metric_names_.resize(std::max<std::size_t>(metric_names_.size(), number + 1));
    metric_names_[number] = rows->text(1);
    metric_numbers_.emplace(rows->text(1), number);
  }
}

Result<void> HistoryFile::load_hosts() {
  auto rows = database_.prepare("SELECT id, name, folded FROM host");
  if (!rows) {
    return tl::make_unexpected(rows.error());
  }
  for (;;) {
    const auto row = rows->next();
    if (!row || !*row) {
      return row ? Result<void>() : tl::make_unexpected(row.error());
    }
    next_row_ = std::max(next_row_, rows->integer(2) + 1);
    const std::string name(rows->text(1));
    if (is_host_name(name)) {  // else it is forgotten
      hosts_[name].id = rows->integer(0);
    }
  }
}

Result<void> HistoryFile::load_journal(SteadyTime now) {
  std::unordered_map<std::int64_t, HostEntry*> by_id;
  for (auto& [name, host] : hosts_) {
    by_id[host.id] = &host;
  }
  auto rows = database_.prepare(
      "SELECT journal.id, host, time, folded FROM journal JOIN host ON host.id = host ORDER BY "
      "journal.id");
  if (!rows) {
    return tl::make_unexpected(rows.error());
  }
  for (;;) {
    const auto row = rows->next();
    if (!row || !*row) {
      return row ? Result<void>() : tl::make_unexpected(row.error());
    }
    next_row_ = std::max(next_row_, rows->integer(0) + 1);
    const auto host = by_id.find(rows->integer(1));
    if (host != by_id.end() && rows->integer(0) > rows->integer(3)) {
      host->second->unfolded.push_back({rows->integer(0), rows->integer(2), now});
      ++unfolded_rows_;
    }
  }
}

Result<void> HistoryFile::append(std::span<const HistorySample> samples, SteadyTime now) {
  if (samples.empty()) {
    return {};
  }
  new_hosts_.clear();
  new_metrics_.clear();
  new_rows_.clear();
  auto transaction = Transaction::begin(database_);
  Result<void> fine;
  if (!transaction) {
    return tl::make_unexpected(transaction.error());
  }
  for (std::size_t at = 0; fine && at < samples.size(); ++at) {
    fine = append_sample(samples[at], now);
  }
  if (fine) {
    fine = transaction->commit();
  }
  if (!fine) {
    forget_new_names();
    return fine;
  }
  for (const auto& [host, row] : new_rows_) {
    host->unfolded.push_back(row);
  }
  unfolded_rows_ += new_rows_.size();
  return {};
}

Result<void> HistoryFile::append_sample(const HistorySample& sample, SteadyTime now) {
  const auto host = host_entry(sample.host);
  if (!host) {
    return tl::make_unexpected(host.error());
  }
  const auto figures = row_figures(sample.figures);
  if (!figures) {
    return tl::make_unexpected(figures.error());
  }
  if (figures->empty()) {
    return {};
  }
  const Unfolded row{next_row_++, file_time(sample.time), now};
  const std::string bytes = pack_row(*figures);
  new_rows_.emplace_back(*host, row);
  return statements_.add_row.bind(1, row.row)
      .bind(2, (*host)->id)
      .bind(3, row.time)
      .bind_blob(4, bytes)
      .run();
}

void HistoryFile::forget_new_names() {
  for (const std::string& name : new_hosts_) {
    hosts_.erase(name);
  }
  for (const std::string& name : new_metrics_) {
    metric_numbers_.erase(name);
  }
}

Result<HistoryFile::HostEntry*> HistoryFile::host_entry(const std::string& name) {
  const auto found = hosts_.find(name);
  if (found != hosts_.end()) {
    return &found->second;
  }
  if (const auto added = statements_.add_host.bind(1, std::string_view(name)).run(); !added) {
    return tl::make_unexpected(added.error());
  }
  HostEntry& host = hosts_[name];
  host.id = database_.last_row();
  new_hosts_.push_back(name);
  return &host;
}

Result<std::optional<std::uint32_t>> HistoryFile::metric_number(const std::string& name) {
  const auto found = metric_numbers_.find(name);
  if (found != metric_numbers_.end()) {
    return found->second;
  }
  if (metric_numbers_.size() >= kMostMetrics) {
    return std::nullopt;
  }
  if (const auto added = statements_.add_metric.bind(1, std::string_view(name)).run(); !added) {
    return tl::make_unexpected(added.error());
  }
  const auto number = static_cast<std::uint32_t>(database_.last_row());
  metric_names_.resize(std::max<std::size_t>(metric_names_.size(), number + 1));
  metric_names_[number] = name;
  metric_numbers_.emplace(name, number);
  new_metrics_.push_back(name);
  return number;
}

const std::string& HistoryFile::metric_name(std::uint32_t number) const {
  static const std::string none;
  return number < metric_names_.size() ? metric_names_[number] : none;
}

Result<RowFigures> HistoryFile::row_figures(const Figures& figures) {
  RowFigures row;
  row.reserve(figures.size());
  for (const Figure& figure : figures) {
    SplitName name = split_name(figure.name);
    const auto number = metric_number(name.metric);
    if (!number) {
      return tl::make_unexpected(number.error());
    }
    if (*number) {
      row.emplace_back(SeriesKey{std::move(name.entity), **number}, figure.value);
    }
  }
  std::ranges::sort(row, {}, [](const auto& entry) -> const SeriesKey& { return entry.first; });
  return row;
}

Result<void> HistoryFile::forget(std::string_view host) {
  if (auto forgotten = statements_.forget_host.bind(1, host).run(); !forgotten) {
    return forgotten;
  }
  if (const auto found = hosts_.find(host); found != hosts_.end()) {
    unfolded_rows_ -= found->second.unfolded.size();
    hosts_.erase(found);
  }
  return {};
}

Result<std::uint64_t> HistoryFile::used_bytes() const {
  std::array<std::int64_t, 3> values{};
  constexpr std::array<std::string_view, 3> kQuestions{"PRAGMA page_count", "PRAGMA freelist_count",
                                                       "PRAGMA page_size"};
  for (std::size_t at = 0; at < values.size(); ++at) {
    const auto value = database_.integer(kQuestions[at]);
    if (!value) {
      return tl::make_unexpected(value.error());
    }
    values[at] = *value;
  }
  return static_cast<std::uint64_t>((values[0] - values[1]) * values[2]);
}

}  // namespace wemol::hub
