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

}  // namespace

Result<HistoryAnswer> HistoryFile::query(const HistoryQuery& query, WallTime now) {
  const Level& level = level_for(query, now, settings_.keep);
  Answer answer(query, step_for(query, level));
  const auto found = hosts_.find(query.host);
  if (found == hosts_.end()) {
    return answer.finish();
  }
  const HostEntry& host = found->second;
  std::map<SeriesKey, std::optional<std::string>> names;  // nothing: it is not wanted
  const auto name_of = [&](const SeriesKey& key) -> const std::optional<std::string>& {
    const auto [entry, is_new] = names.try_emplace(key);
    if (is_new) {
      std::string name = joined_name(key.entity, metric_name(key.metric));
      if (std::ranges::any_of(query.metrics, [&](const std::string& pattern) {
            return matches_metric(pattern, name);
          })) {
        entry->second = std::move(name);
      }
    }
    return entry->second;
  };
  const auto too_large = [] {
    return failure("metric, step: the answer has too many points: ask for less or a longer step");
  };

  Statement& chunks = statements_.chunks_between;
  chunks.bind(1, chunk_key(host.id, level, chunk_begin(level, answer.begin())))
      .bind(2, chunk_key(host.id, level, chunk_begin(level, answer.end())) + 1);
  for (;;) {
    const auto row = chunks.next();
    if (!row) {
      return tl::make_unexpected(row.error());
    }
    if (!*row) {
      break;
    }
    const FileTime begin = begin_of_key(chunks.integer(0));
    const auto chunk = unpack_chunk(chunks.blob(1),
                                    [&](const SeriesKey& key) { return name_of(key).has_value(); });
    if (!chunk) {
      continue;  // folding says so
    }
    for (const auto& [key, steps] : *chunk) {
      for (std::size_t at = 0; at < steps.size(); ++at) {
        const FileTime time = begin + static_cast<FileTime>(at) * level.step.count();
        if (!answer.add(*name_of(key), time, steps[at])) {
          chunks.reset();
          return too_large();
        }
      }
    }
  }
  for (const Unfolded& unfolded : host.unfolded) {
    if (unfolded.time < answer.begin() || unfolded.time >= answer.end()) {
      continue;
    }
    const auto figures = read_row(unfolded.row);
    if (!figures) {
      return tl::make_unexpected(figures.error());
    }
    for (const auto& [key, value] : *figures) {
      const std::optional<std::string>& name = name_of(key);
      if (name && !answer.add(*name, unfolded.time,
                              {.min = value, .mean = value, .max = value, .samples = 1})) {
        return too_large();
      }
    }
  }
  return answer.finish();
}

}  // namespace wemol::hub
