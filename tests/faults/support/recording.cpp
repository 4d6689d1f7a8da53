#include "recording.h"

#include <sstream>
#include <stdexcept>

#include "csv_table.h"
#include "process.h"

namespace wemol::faults {
namespace {

namespace fs = std::filesystem;

/// Behind the line end that ends the row at `at`; those within quotes are none.
std::size_t end_of_row(const std::string& text, std::size_t at) {
  bool quoted = false;
  for (; at < text.size(); ++at) {
    quoted = quoted != (text[at] == '"');
    if (!quoted && text.compare(at, 2, "\r\n") == 0) {
      return at + 2;
    }
  }
  return text.size();
}

/// Adds what a file holds: the header, then rows, each whole or torn.
void add_file(const fs::path& path, Recording& recording) {
  ++recording.files;
  const std::string text = e2e::read_text(path);
  const std::string header = std::string(e2e::kHeader) + "\r\n";
  const auto state = [&](const std::string& line) {
    if (recording.first_problem.empty()) {
      recording.first_problem = path.string() + ": " + line;
    }
  };
  if (text.empty()) {
    return;
  }
  if (!text.starts_with(header)) {
    ++recording.torn_rows;
    state(text.substr(0, text.find('\n')));
    return;
  }
  std::string last_timestamp;
  for (std::size_t at = header.size(); at < text.size();) {
    const std::size_t end = end_of_row(text, at);
    const std::string line = text.substr(at, end - at);
    try {
      for (const e2e::Row& row : e2e::parse_csv(header + line)) {
        ++recording.rows;
        if (row.at("timestamp") < last_timestamp) {
          recording.in_order = false;
          state(line);
        }
        last_timestamp = row.at("timestamp");
      }
    } catch (const std::runtime_error&) {
      ++recording.torn_rows;
      state(line);
    }
    at = end;
  }
}

}  // namespace

Recording read_recording(const fs::path& output_dir) {
  Recording recording;
  if (!fs::exists(output_dir)) {
    return recording;
  }
  for (const auto& entry : fs::recursive_directory_iterator(output_dir)) {
    const bool is_ledger = entry.path().stem() == "summary";
    if (entry.is_regular_file() && entry.path().extension() == ".csv" && !is_ledger) {
      add_file(entry.path(), recording);
    }
  }
  return recording;
}

Recording read_recording_of(const fs::path& csv) {
  Recording recording;
  add_file(csv, recording);
  return recording;
}

Punctuality read_punctuality(const std::string& log, std::chrono::milliseconds tolerance) {
  Punctuality punctuality;
  const double tolerance_seconds = std::chrono::duration<double>(tolerance).count();
  std::istringstream lines(log);
  for (std::string line; std::getline(lines, line);) {
    if (const auto began = line.find(": began "); began != std::string::npos) {
      ++punctuality.rounds;
      punctuality.late += std::stod(line.substr(began + 8)) > tolerance_seconds ? 1U : 0U;
    }
    // "stopped after 3 rounds with 3 rows; 1 round skipped"
    if (const auto stopped = line.find("- stopped after "); stopped != std::string::npos) {
      punctuality.rounds = std::stoul(line.substr(stopped + 16));
      punctuality.rows += std::stoul(line.substr(line.find(" with ") + 6));
      punctuality.skipped += std::stoul(line.substr(line.find("; ") + 2));
    }
  }
  return punctuality;
}

}  // namespace wemol::faults
