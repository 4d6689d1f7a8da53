#include "json_lines.h"

#include <algorithm>

#include <fmt/format.h>

#include "line_reader.h"
#include "text.h"

namespace wemol::reading {

Result<JsonLinesReading> read_json_lines(const std::filesystem::path& file,
                                         const std::function<std::string(std::string_view)>& take,
                                         const Progress& progress) {
  constexpr std::uint64_t kLinesPerProgress = 1000;
  LineReader lines;
  if (const auto opened = lines.open(file); !opened) {
    return failure(fmt::format("{}: {}", file.string(), opened.error().message),
                   opened.error().code);
  }
  JsonLinesReading reading;
  for (auto outcome = lines.next(); outcome != LineReader::Outcome::end; outcome = lines.next()) {
    if (outcome == LineReader::Outcome::too_long) {
      note_bad_line(reading.report, file, lines.number(),
                    fmt::format("a line of more than {} KiB", LineReader::kBlockSize / 1024));
    } else if (trimmed(lines.text()).empty()) {
      continue;
    } else if (const std::string trouble = take(lines.text()); trouble.empty()) {
      ++reading.lines;
    } else if (outcome == LineReader::Outcome::half_line) {
      reading.has_torn_end = true;
    } else {
      note_bad_line(reading.report, file, lines.number(), trouble);
    }
    if (reading.lines % kLinesPerProgress == 0) {
      progress(lines.bytes_read(), std::max(lines.size(), lines.bytes_read()));
    }
  }
  reading.report.bytes = lines.bytes_read();
  if (!lines.read_error().empty()) {
    note_bad_file(reading.report, file, lines.read_error());
  }
  return reading;
}

}  // namespace wemol::reading
