#include <algorithm>
#include <utility>

#include "history_file.h"

namespace wemol::hub {
namespace {

/// Of an answer, of all series together: what one query may cost.
constexpr std::size_t kMostAnswerPoints = 500'000;

/// Takes steps of any level together into those of the answer.
class Answer {
 public:
  Answer(const HistoryQuery& query, std::chrono::seconds step)
      : step_(step.count()),
        begin_(file_time(query.from) / step_ * step_),
        end_(file_time(query.to)) {}

  [[nodiscard]] FileTime begin() const { return begin_; }
  [[nodiscard]] FileTime end() const { return end_; }

  /// False when the answer has become too large.
  [[nodiscard]] bool add(const std::string& metric, FileTime time, const StepSummary& summary) {
    if (time < begin_ || time >= end_ || summary.samples == 0) {
      return true;
    }
    Steps& steps = series_[metric];
    if (steps.empty()) {
      steps.resize(static_cast<std::size_t>((end_ - begin_ + step_ - 1) / step_));
    }
    steps[static_cast<std::size_t>((time - begin_) / step_)].add(summary);
    return series_.size() * steps.size() <= kMostAnswerPoints;
  }

  [[nodiscard]] HistoryAnswer finish() const {
    HistoryAnswer answer{.step = std::chrono::seconds(step_)};
    for (const auto& [metric, steps] : series_) {
      HistorySeries series{.metric = metric};
      for (std::size_t at = 0; at < steps.size(); ++at) {
        const StepSummary& step = steps[at];
        if (step.samples > 0) {
          const std::chrono::seconds time(begin_ + static_cast<FileTime>(at) * step_);
          series.points.push_back({WallTime(time), step.min, step.mean, step.max});
        }
      }
      answer.series.push_back(std::move(series));
    }
    return answer;
  }

 private:
  FileTime step_;
  FileTime begin_;
  FileTime end_;
  std::map<std::string, Steps> series_;
};

/// The coarsest level that is fine enough, or a coarser one where that does not reach back to the
/// query's begin.
const Level& level_for(const HistoryQuery& query, WallTime now,
                       const std::array<std::chrono::hours, kLevels.size()>& keep) {
  std::size_t at = 0;
  while (at + 1 < kLevels.size() && kLevels[at + 1].step <= query.step) {
    ++at;
  }
  while (at + 1 < kLevels.size() && file_time(query.from) < file_time(now - keep[at])) {
    ++at;
  }
  return kLevels[at];
}

/// A multiple of the level's, so that each has as many of the level's steps.
std::chrono::seconds step_for(const HistoryQuery& query, const Level& level) {
  const auto steps = (query.step + level.step - std::chrono::seconds(1)) / level.step;
  return steps * level.step;
}

Error too_large() {
  return {"metric, step: the answer has too many points: ask for less or a longer step"};
}

}  // namespace

/// One query of a host that is known.
class HistoryFile::Reading {
 public:
  Reading(HistoryFile& file, const HistoryQuery& query, const Level& level, const HostEntry& host)
      : file_(file),
        query_(query),
        level_(level),
        host_(host),
        answer_(query, step_for(query, level)) {}

  [[nodiscard]] Result<HistoryAnswer> read() {
    if (auto added = add_chunks(); !added) {
      return tl::make_unexpected(std::move(added.error()));
    }
    if (auto added = add_unfolded(); !added) {
      return tl::make_unexpected(std::move(added.error()));
    }
    return answer_.finish();
  }

 private:
  /// Nothing: it is not wanted.
  const std::optional<std::string>& name_of(const SeriesKey& key) {
    const auto [entry, is_new] = names_.try_emplace(key);
    if (is_new) {
      std::string name = joined_name(key.entity, file_.metric_name(key.metric));
      if (std::ranges::any_of(query_.metrics, [&](const std::string& pattern) {
            return matches_metric(pattern, name);
          })) {
        entry->second = std::move(name);
      }
    }
    return entry->second;
  }

  [[nodiscard]] std::int64_t key_at(FileTime time) const {
    return chunk_key(host_.id, level_, chunk_begin(level_, time));
  }

  Result<void> add_chunks() {
    Statement& chunks = file_.statements_.chunks_between;
    chunks.bind(1, key_at(answer_.begin())).bind(2, key_at(answer_.end()) + 1);
    for (;;) {
      const auto row = chunks.next();
      if (!row) {
        return tl::make_unexpected(row.error());
      }
      if (!*row) {
        return {};
      }
      const auto chunk = unpack_chunk(
          chunks.blob(1), [&](const SeriesKey& key) { return name_of(key).has_value(); });
      // Of one that cannot be read folding tells.
      if (chunk && !add_chunk(*chunk, begin_of_key(chunks.integer(0)))) {
        chunks.reset();
        return tl::make_unexpected(too_large());
      }
    }
  }

  [[nodiscard]] bool add_chunk(const Chunk& chunk, FileTime begin) {
    for (const auto& [key, steps] : chunk) {
      for (std::size_t at = 0; at < steps.size(); ++at) {
        const FileTime time = begin + static_cast<FileTime>(at) * level_.step.count();
        if (!answer_.add(*name_of(key), time, steps[at])) {
          return false;
        }
      }
    }
    return true;
  }

  Result<void> add_unfolded() {
    for (const Unfolded& unfolded : host_.unfolded) {
      if (unfolded.time < answer_.begin() || unfolded.time >= answer_.end()) {
        continue;
      }
      const auto figures = file_.read_row(unfolded.row);
      if (!figures) {
        return tl::make_unexpected(figures.error());
      }
      for (const auto& [key, value] : *figures) {
        const std::optional<std::string>& name = name_of(key);
        if (name && !answer_.add(*name, unfolded.time,
                                 {.min = value, .mean = value, .max = value, .samples = 1})) {
          return tl::make_unexpected(too_large());
        }
      }
    }
    return {};
  }

  HistoryFile& file_;
  const HistoryQuery& query_;
  const Level& level_;
  const HostEntry& host_;
  Answer answer_;
  std::map<SeriesKey, std::optional<std::string>> names_;
};

Result<HistoryAnswer> HistoryFile::query(const HistoryQuery& query, WallTime now) {
  const Level& level = level_for(query, now, settings_.keep);
  const auto found = hosts_.find(query.host);
  return found == hosts_.end() ? Answer(query, step_for(query, level)).finish()
                               : Reading(*this, query, level, found->second).read();
}

}  // namespace wemol::hub
