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

void add_report(ReadingReport& sum, ReadingReport&& part) {
  sum.ledger_rows += part.ledger_rows;
  sum.sample_rows += part.sample_rows;
  sum.ledger_files += part.ledger_files;
  sum.task_files += part.task_files;
  sum.bytes += part.bytes;
  sum.bad_lines += part.bad_lines;
  sum.bad_files += part.bad_files;
  std::vector<BadLine>& named = sum.first_bad_lines;
  std::ranges::move(part.first_bad_lines, std::back_inserter(named));
  std::ranges::sort(named, [](const BadLine& one, const BadLine& other) {
    return std::tie(one.file, one.line) < std::tie(other.file, other.line);
  });
  named.resize(std::min(named.size(), kBadLinesNamed));
}

}  // namespace wemol::reading
