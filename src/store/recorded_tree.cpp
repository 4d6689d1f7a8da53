#include "recorded_tree.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "device_files.h"
#include "ledger_row.h"
#include "text.h"

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

namespace {

namespace fs = std::filesystem;

struct FoundFile {
  std::string stem;
  fs::path folder;
  unsigned number = 1;
  std::string name;
};

bool is_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// Calls `take` with each entry of the folder.
template <typename Take>
std::error_code for_each_entry(const fs::path& folder, const Take& take) {
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    take(*entry);
  }
  return error;
}

bool is_folder(const fs::directory_entry& entry) {
  std::error_code error;
  return entry.is_directory(error) && !error;
}

std::vector<TaskCsvs> by_task(std::vector<FoundFile>&& files) {
  std::ranges::sort(files, [](const FoundFile& one, const FoundFile& other) {
    return std::tie(one.stem, one.folder, one.number) <
           std::tie(other.stem, other.folder, other.number);
  });
  std::vector<TaskCsvs> tasks;
  for (FoundFile& file : files) {
    if (tasks.empty() || tasks.back().task_id != file.stem) {
      tasks.push_back({.task_id = std::move(file.stem), .files = {}});
    }
    tasks.back().files.push_back(file.folder / file.name);
  }
  return tasks;
}

}  // namespace

std::optional<RecordedFileName> parse_file_name(std::string_view name) {
  constexpr std::string_view kExtension = ".csv";
  if (!name.ends_with(kExtension)) {
    return std::nullopt;
  }
  name.remove_suffix(kExtension.size());
  RecordedFileName parsed{.stem = name.substr(0, name.find('-'))};
  if (parsed.stem.size() < name.size()) {
    const std::string_view digits = name.substr(parsed.stem.size() + 1);
    const auto number = parse_number<unsigned>(digits);
    if (!number || *number < 2 || digits.front() == '0') {
      return std::nullopt;
    }
    parsed.number = *number;
  }
  parsed.is_ledger = parsed.stem == kLedgerStem;
  return parsed.is_ledger || is_digits(parsed.stem) ? std::optional(parsed) : std::nullopt;
}

std::vector<fs::path> files_of(const fs::path& folder, std::string_view stem) {
  std::map<unsigned, fs::path> files;
  (void)for_each_entry(folder, [&](const fs::directory_entry& entry) {
    const std::string name = entry.path().filename().string();
    const auto parsed = parse_file_name(name);
    if (parsed && parsed->stem == stem) {
      files.emplace(parsed->number, entry.path());
    }
  });
  std::vector<fs::path> paths;
  paths.reserve(files.size());
  for (auto& [number, path] : files) {
    paths.push_back(std::move(path));
  }
  return paths;
}

Result<RecordedTree> list_tree(
    const fs::path& root, const std::function<void(const fs::path&, std::string)>& note_trouble) {
  RecordedTree tree;
  std::vector<FoundFile> task_files;
  std::vector<fs::path> folders;
  const auto take_file = [&](const fs::path& folder, const fs::directory_entry& entry) {
    std::string name = entry.path().filename().string();
    if (folder.filename() == "devices" && parse_device_file_name(name)) {
      return;  // device history, whose dates look like a task's second files
    }
    if (const auto parsed = parse_file_name(name); !parsed) {
      return;
    } else if (parsed->is_ledger) {
      tree.ledgers.push_back(entry.path());
    } else {
      task_files.push_back({.stem = std::string(parsed->stem),
                            .folder = folder,
                            .number = parsed->number,
                            .name = std::move(name)});
    }
  };
  const std::error_code failed = for_each_entry(root, [&](const fs::directory_entry& entry) {
    if (is_folder(entry)) {
      folders.push_back(entry.path());
    } else {
      take_file(root, entry);
    }
  });
  if (failed) {
    return failure(fmt::format("{}: {}; give the folder that the recorder writes to", root.string(),
                               failed.message()),
                   failed.value());
  }
  for (const fs::path& folder : folders) {
    const std::error_code error =
        for_each_entry(folder, [&](const fs::directory_entry& entry) { take_file(folder, entry); });
    if (error) {
      note_trouble(folder, error.message());
    }
  }
  std::ranges::sort(tree.ledgers);
  tree.tasks = by_task(std::move(task_files));
  return tree;
}

}  // namespace wemol::reading
