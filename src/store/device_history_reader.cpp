#include "device_history_reader.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include <fmt/format.h>

#include "csv.h"
#include "device_row.h"
#include "text.h"

namespace wemol::reading {
namespace {

constexpr std::int64_t kUsualInterval = 60;

/// Takes the rows of one file, in its order.
class Gatherer {
 public:
  Gatherer(const std::vector<DeviceSpan>& spans, DevicePart& part) : spans_(spans), part_(part) {}

  void take(const DeviceRow& row) {
    if (row.end_epoch != time_) {
      begin_time(row.end_epoch);
    }
    if (!span_) {
      return;
    }
    const auto [device, at] = device_of(row);
    if (row.end_epoch >= device->index_at_epoch) {
      device->index = row.index;
      device->index_at_epoch = row.end_epoch;
    }
    ++device->rows;
    DevicePiece& piece = device->pieces[piece_];
    if (row.utilization_percent) {
      piece.utilization_sum += *row.utilization_percent;
      ++piece.utilization_count;
    }
    if (row.memory_used_percent) {
      piece.memory_sum += *row.memory_used_percent;
      ++piece.memory_count;
    }
    take_users(row, *device, at);
  }

  /// A row says when its interval ended. How long it was is what mostly lies between two rows.
  void finish() {
    for (std::size_t span = 0; span < part_.spans.size(); ++span) {
      for (auto& [uuid, device] : part_.spans[span]) {
        for (DeviceHold& hold : device.holds) {
          hold.begin_epoch = std::max(hold.begin_epoch - interval_, spans_[span].begin_epoch);
        }
        merge(device.holds);
      }
    }
  }

  /// What touches is one, for each user; in order of time.
  static void merge(std::vector<DeviceHold>& holds) {
    std::ranges::stable_sort(holds, {}, &DeviceHold::begin_epoch);
    std::vector<DeviceHold> merged;
    for (DeviceHold& hold : holds) {
      const auto before = std::find_if(merged.rbegin(), merged.rend(),
                                       [&](const DeviceHold& it) { return it.user == hold.user; });
      if (before != merged.rend() && before->end_epoch >= hold.begin_epoch) {
        before->end_epoch = std::max(before->end_epoch, hold.end_epoch);
      } else {
        merged.push_back(std::move(hold));
      }
    }
    holds = std::move(merged);
  }

 private:
  struct Found {
    DeviceInSpan* device;
    std::size_t number;  ///< in the order in which they were met
  };
  /// The users of a GPU's last row: mostly those of the next one, too.
  struct Last {
    std::string uuid;
    DeviceInSpan* device = nullptr;
    std::string users;
    std::int64_t time = 0;
    std::vector<std::size_t> holds;  ///< that go on, in the device
  };

  void begin_time(std::int64_t time) {
    const std::int64_t gap = time - time_;
    if (gap > 0 && time_ != 0) {
      const std::size_t count = ++gaps_[gap];
      if (count > most_) {
        most_ = count;
        interval_ = gap;
      }
    }
    // After more than that the writer was away, and whoever was on a GPU may have left.
    goes_on_ = gap > 0 && 2 * gap < 3 * interval_;
    before_ = time_;
    time_ = time;
    const auto span = std::ranges::lower_bound(spans_, time, {}, &DeviceSpan::end_epoch);
    const bool is_in = span != spans_.end() && time > span->begin_epoch;
    const DeviceSpan* const found = is_in ? &*span : nullptr;
    if (found != span_) {
      span_ = found;
      lasts_.clear();
      next_ = 0;
    }
    if (span_) {
      piece_ = static_cast<std::size_t>((time - span_->begin_epoch - 1) / span_->piece_seconds);
    }
  }

  /// Rows of each interval come in the same order.
  Found device_of(const DeviceRow& row) {
    for (std::size_t tried = 0; tried < lasts_.size(); ++tried) {
      const std::size_t number = (next_ + tried) % lasts_.size();
      if (lasts_[number].uuid == row.uuid) {
        next_ = number + 1;
        return {lasts_[number].device, number};
      }
    }
    auto& devices = part_.spans[static_cast<std::size_t>(span_ - spans_.data())];
    DeviceInSpan& device = devices[std::string(row.uuid)];
    if (device.pieces.empty()) {
      device.name = row.name;
      device.pieces.resize(static_cast<std::size_t>(span_->pieces()));
    }
    lasts_.push_back({.uuid = std::string(row.uuid), .device = &device});
    next_ = lasts_.size();
    return {&device, lasts_.size() - 1};
  }

  void take_users(const DeviceRow& row, DeviceInSpan& device, std::size_t number) {
    Last& last = lasts_[number];
    device.rows_with_users += row.users.empty() ? 0U : 1U;
    const bool goes_on = goes_on_ && last.time == before_ && last.users == row.users;
    last.time = row.end_epoch;
    if (goes_on) {
      for (const std::size_t hold : last.holds) {
        device.holds[hold].end_epoch = row.end_epoch;
      }
      return;
    }
    last.users = row.users;
    last.holds.clear();
    for (std::string& user : split_users(row.users)) {
      last.holds.push_back(device.holds.size());
      device.holds.push_back(
          {.user = std::move(user), .begin_epoch = row.end_epoch, .end_epoch = row.end_epoch});
    }
  }

  const std::vector<DeviceSpan>& spans_;
  DevicePart& part_;
  std::int64_t time_ = 0;
  std::int64_t before_ = 0;
  const DeviceSpan* span_ = nullptr;
  std::size_t piece_ = 0;
  std::vector<Last> lasts_;
  std::size_t next_ = 0;
  std::map<std::int64_t, std::size_t> gaps_;  ///< between rows, how often each
  std::size_t most_ = 0;
  std::int64_t interval_ = kUsualInterval;  ///< the gap that is met most
  bool goes_on_ = false;
};

}  // namespace

bool may_hold(const DeviceFile& file, std::int64_t begin_epoch, std::int64_t end_epoch) {
  constexpr std::int64_t kFarthestEast = std::int64_t{14} * 3600;
  constexpr std::int64_t kFarthestWest = std::int64_t{12} * 3600;
  constexpr std::int64_t kLongestDay = std::int64_t{25} * 3600;
  const std::int64_t midnight_utc =
      std::chrono::sys_seconds(std::chrono::sys_days(file.date)).time_since_epoch().count();
  return midnight_utc - kFarthestEast < end_epoch &&
         midnight_utc + kFarthestWest + kLongestDay > begin_epoch;
}

DevicePart read_device_rows(const DeviceFile& file, const std::vector<DeviceSpan>& spans) {
  DevicePart part;
  part.spans.resize(spans.size());
  std::string trouble;
  const auto content = read_device_file(file, trouble);
  if (!content) {
    part.warnings.push_back(content.error().message);
    return part;
  }
  if (!trouble.empty()) {
    part.warnings.push_back(std::move(trouble));
  }
  std::string_view text = *content;
  const std::string_view header = device_csv_header();
  if (!text.starts_with(header.substr(0, header.size() - 2))) {
    part.warnings.push_back(
        fmt::format("{}: no device history: other columns", file.path.string()));
    return part;
  }
  Gatherer gatherer(spans, part);
  DeviceRowReader rows;
  CsvSplitter splitter(kDeviceColumns);
  (void)splitter.next(text, true);
  while (!text.empty()) {
    const auto outcome = splitter.next(text, true);
    if (outcome == CsvSplitter::Outcome::blank) {
      continue;
    }
    const auto row =
        outcome == CsvSplitter::Outcome::record ? rows.parse(splitter.fields()) : std::nullopt;
    if (row) {
      gatherer.take(*row);
    } else {
      ++part.bad_lines;
    }
  }
  gatherer.finish();
  return part;
}

void add_part(DevicePart&& part, DevicePart& sum) {
  sum.spans.resize(std::max(sum.spans.size(), part.spans.size()));
  for (std::size_t span = 0; span < part.spans.size(); ++span) {
    for (auto& [uuid, device] : part.spans[span]) {
      const auto [there, is_new] = sum.spans[span].try_emplace(uuid);
      DeviceInSpan& known = there->second;
      if (is_new) {
        known = std::move(device);
        continue;
      }
      if (device.index_at_epoch >= known.index_at_epoch) {
        known.index = device.index;
        known.index_at_epoch = device.index_at_epoch;
      }
      known.rows += device.rows;
      known.rows_with_users += device.rows_with_users;
      for (std::size_t at = 0; at < known.pieces.size(); ++at) {
        known.pieces[at].utilization_sum += device.pieces[at].utilization_sum;
        known.pieces[at].utilization_count += device.pieces[at].utilization_count;
        known.pieces[at].memory_sum += device.pieces[at].memory_sum;
        known.pieces[at].memory_count += device.pieces[at].memory_count;
      }
      std::ranges::move(device.holds, std::back_inserter(known.holds));
      Gatherer::merge(known.holds);
    }
  }
  sum.bad_lines += part.bad_lines;
  std::ranges::move(part.warnings, std::back_inserter(sum.warnings));
}

}  // namespace wemol::reading
