#include "reading_report.h"

#include <algorithm>
#include <iterator>
#include <tuple>

namespace wemol::reading {
namespace {

void name(ReadingReport& report, BadLine bad) {
  if (report.first_bad_lines.size() < kBadLinesNamed) {
    report.first_bad_lines.push_back(std::move(bad));
  }
}

}  // namespace

void note_bad_line(ReadingReport& report, const std::filesystem::path& file, std::uint64_t line,
                   std::string reason) {
  ++report.bad_lines;
  name(report, {.file = file, .line = line, .reason = std::move(reason)});
}

void note_bad_file(ReadingReport& report, const std::filesystem::path& file, std::string reason) {
  ++report.bad_files;
  name(report, {.file = file, .line = 0, .reason = std::move(reason)});
}

void note_repeat(ReadingReport& report, const Repeat& repeat) {
  report.repeated_rows += repeat.rows;
  ++report.repeating_files;
  if (report.first_repeats.size() < kBadLinesNamed) {
    report.first_repeats.push_back(repeat);
  }
}

void add_report(ReadingReport& sum, ReadingReport&& part) {
  sum.ledger_rows += part.ledger_rows;
  sum.sample_rows += part.sample_rows;
  sum.ledger_files += part.ledger_files;
  sum.task_files += part.task_files;
  sum.bytes += part.bytes;
  sum.resaved_files += part.resaved_files;
  sum.bad_lines += part.bad_lines;
  sum.bad_files += part.bad_files;
  std::vector<BadLine>& named = sum.first_bad_lines;
  std::ranges::move(part.first_bad_lines, std::back_inserter(named));
  std::ranges::sort(named, [](const BadLine& one, const BadLine& other) {
    return std::tie(one.file, one.line) < std::tie(other.file, other.line);
  });
  named.resize(std::min(named.size(), kBadLinesNamed));
  sum.repeated_rows += part.repeated_rows;
  sum.repeating_files += part.repeating_files;
  std::vector<Repeat>& repeats = sum.first_repeats;
  std::ranges::move(part.first_repeats, std::back_inserter(repeats));
  std::ranges::sort(repeats, [](const Repeat& one, const Repeat& other) {
    return std::tie(one.file, one.of) < std::tie(other.file, other.of);
  });
  repeats.resize(std::min(repeats.size(), kBadLinesNamed));
}

}  // namespace wemol::reading
