#include "block_change.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>

#include <fmt/format.h>

namespace wemol::queue {
namespace {

using Contents =
    std::vector<std::uint32_t>;  ///< a number for each block: the same for what is alike

class ContentNumbers {
 public:
  std::uint32_t of(const JobSpec& spec) {
    // A line's end stands in no command, so different specs have different keys.
    std::string key = fmt::format("{}\n{}\n{}", spec.queue, spec.memory_bytes, spec.gpus);
    for (const std::string& command : spec.commands) {
      key += '\n';
      key += command;
    }
    return numbers_.try_emplace(std::move(key), static_cast<std::uint32_t>(numbers_.size()))
        .first->second;
  }

 private:
  std::unordered_map<std::string, std::uint32_t> numbers_;
};

/// Pairs the blocks of two readings, by what is left unpaired of both.
class Matching {
 public:
  Matching(Contents before, Contents now)
      : before_(std::move(before)),
        now_(std::move(now)),
        old_of_(now_.size()),
        used_(before_.size()) {}

  /// What stands at the end is paired first: of blocks that are alike the last ones have stayed,
  /// for those before them are done sooner and so are the ones that somebody takes out.
  void match() {
    std::size_t old_end = before_.size();
    std::size_t new_end = now_.size();
    while (old_end > 0 && new_end > 0 && before_[old_end - 1] == now_[new_end - 1]) {
      pair(--old_end, --new_end);
    }
    std::size_t begin = 0;
    while (begin < old_end && begin < new_end && before_[begin] == now_[begin]) {
      pair(begin, begin);
      ++begin;
    }
    match_in_order(begin, old_end, new_end);
    match_moved();
  }

  [[nodiscard]] const std::vector<std::optional<std::size_t>>& old_of() const { return old_of_; }
  [[nodiscard]] bool is_used(std::size_t old) const { return used_[old]; }

 private:
  void pair(std::size_t old_at, std::size_t new_at) {
    old_of_[new_at] = old_at;
    used_[old_at] = true;
  }

  /// The longest common subsequence of the middle, where it is small enough for a table.
  void match_in_order(std::size_t begin, std::size_t old_end, std::size_t new_end) {
    constexpr std::size_t kMostCells = std::size_t{1} << 20U;
    const std::size_t rows = old_end - begin;
    const std::size_t columns = new_end - begin;
    if (rows == 0 || columns == 0 || rows > kMostCells / columns) {
      return;
    }
    const std::size_t width = columns + 1;
    std::vector<std::uint32_t> longest((rows + 1) * width);  // of the first r and c blocks
    for (std::size_t r = 1; r <= rows; ++r) {
      for (std::size_t c = 1; c <= columns; ++c) {
        longest[r * width + c] =
            before_[begin + r - 1] == now_[begin + c - 1]
                ? longest[(r - 1) * width + c - 1] + 1
                : std::max(longest[(r - 1) * width + c], longest[r * width + c - 1]);
      }
    }
    for (std::size_t r = rows, c = columns; r > 0 && c > 0;) {
      if (before_[begin + r - 1] == now_[begin + c - 1]) {
        pair(begin + --r, begin + --c);
      } else if (longest[(r - 1) * width + c] >= longest[r * width + c - 1]) {
        --r;
      } else {
        --c;
      }
    }
  }

  /// The rest: wherever it stands now.
  void match_moved() {
    std::unordered_map<std::uint32_t, std::vector<std::size_t>>
        unused;  // the first one at the back
    for (std::size_t old_at = before_.size(); old_at-- > 0;) {
      if (!used_[old_at]) {
        unused[before_[old_at]].push_back(old_at);
      }
    }
    for (std::size_t new_at = 0; new_at < now_.size(); ++new_at) {
      const auto found = old_of_[new_at] ? unused.end() : unused.find(now_[new_at]);
      if (found != unused.end() && !found->second.empty()) {
        pair(found->second.back(), new_at);
        found->second.pop_back();
      }
    }
  }

  Contents before_;
  Contents now_;
  std::vector<std::optional<std::size_t>> old_of_;
  std::vector<bool> used_;
};

}  // namespace

FileChange compare(std::span<const KnownBlock> before, const CommandFileReading& now) {
  ContentNumbers numbers;
  Contents old_contents;
  for (const KnownBlock& block : before) {
    old_contents.push_back(numbers.of(block.spec));
  }
  Contents new_contents;
  for (const CommandBlock& block : now.blocks) {
    new_contents.push_back(numbers.of(block.spec));
  }
  Matching matching(std::move(old_contents), std::move(new_contents));
  matching.match();

  FileChange change;
  for (std::size_t at = 0; at < now.blocks.size(); ++at) {
    const auto old_at = matching.old_of()[at];
    change.jobs.push_back(old_at ? std::optional(before[*old_at].job) : std::nullopt);
    if (!old_at) {
      change.added.push_back(at);
    }
  }
  for (std::size_t at = 0; now.errors.empty() && at < before.size(); ++at) {
    if (!matching.is_used(at)) {
      change.removed.push_back(before[at].job);
    }
  }
  return change;
}

}  // namespace wemol::queue
