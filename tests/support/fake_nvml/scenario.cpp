#include "scenario.h"

#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

namespace fake_nvml {
namespace {

std::vector<unsigned long long> split_numbers(std::string text, char separator) {
  std::vector<unsigned long long> numbers;
  std::istringstream stream(std::move(text));
  for (std::string part; std::getline(stream, part, separator);) {
    numbers.push_back(std::stoull(part));
  }
  return numbers;
}

int fail_once(int code, const std::string& marker) {
  if (std::filesystem::exists(marker)) {
    return 0;
  }
  std::ofstream(marker).put('\n');
  return code;
}

}  // namespace

Scenario::Scenario() {
  const char* path = std::getenv("FAKE_NVML_SCENARIO");
  std::ifstream file(path != nullptr ? path : "");
  for (std::string line; std::getline(file, line);) {
    const auto blank = line.find(' ');
    if (blank != std::string::npos) {
      values_[line.substr(0, blank)] = line.substr(blank + 1);
    }
  }
}

std::optional<std::string> Scenario::text(const std::string& key) const {
  const auto found = values_.find(key);
  return found == values_.end() ? std::nullopt : std::optional(found->second);
}

std::vector<unsigned long long> Scenario::numbers(const std::string& key) const {
  return split_numbers(text(key).value_or(""), ' ');
}

std::vector<std::vector<unsigned long long>> Scenario::rows(const std::string& key) const {
  std::vector<std::vector<unsigned long long>> rows;
  std::istringstream stream(text(key).value_or(""));
  for (std::string row; std::getline(stream, row, ',');) {
    rows.push_back(split_numbers(row, ':'));
  }
  return rows;
}

int enter(const Scenario& scenario, const std::string& prefix, const std::string& function) {
  auto line = scenario.text(function);
  if (!line && !prefix.empty()) {
    line = scenario.text(prefix + function);
  }
  if (!line) {
    return 0;
  }
  std::istringstream stream(*line);
  std::string what;
  stream >> what;
  int code = 0;
  std::string path;
  if (what == "error") {
    stream >> code;
  } else if (what == "once") {
    stream >> code >> path;
    code = fail_once(code, path);
  } else if (what == "hang") {
    for (;;) {
      pause();
    }
  } else if (what == "crash") {
    std::abort();
  } else if (what == "wait") {
    stream >> path;
    while (!std::filesystem::exists(path)) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }
  return code;
}

}  // namespace fake_nvml
