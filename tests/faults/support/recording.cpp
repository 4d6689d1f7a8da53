#include "recording.h"

#include <algorithm>
#include <sstream>
#include <stdexcept>

#include "csv_table.h"
#include "process.h"

namespace wemol::faults {
namespace {

namespace fs = std::filesystem;

/// Adds what a file holds: the header, then rows, each whole or torn.
void add_file(const fs::path& path, Recording& recording) {
  ++recording.files;
  const std::string text = e2e::read_text(path);
  const std::string header = std::string(e2e::kHeader) + "\r\n";
  const auto state = [&](const std::string& line) {
    ++recording.torn_rows;
    if (recording.first_problem.empty()) {
      recording.first_problem = path.string() + ": " + line;
    }
  };
  if (text.empty()) {
    return;
  }
  if (!text.starts_with(header)) {
    state(text.substr(0, text.find('\n')));
    return;
  }
  for (std::size_t at = header.size(); at < text.size();) {
    const std::size_t end = std::min(text.find("\r\n", at), text.size() - 2) + 2;
    try {
      recording.rows += e2e::parse_csv(header + text.substr(at, end - at)).size();
    } catch (const std::runtime_error&) {
      state(text.substr(at, end - at));
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
    if (entry.is_regular_file() && entry.path().extension() == ".csv") {
      add_file(entry.path(), recording);
    }
  }
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
    if (line.find("- stopped after ") != std::string::npos) {
      punctuality.rows += std::stoul(line.substr(line.find(" with ") + 6));
      punctuality.skipped += std::stoul(line.substr(line.find("; ") + 2));
    }
  }
  return punctuality;
}

}  // namespace wemol::faults
