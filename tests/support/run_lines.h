#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace wemol::test {

/// The lines of a run's file as JSON. Throws when one of them is none.
inline std::vector<nlohmann::json> run_lines(const std::filesystem::path& file) {
  std::vector<nlohmann::json> lines;
  std::ifstream input(file);
  for (std::string line; std::getline(input, line);) {
    lines.push_back(nlohmann::json::parse(line));
  }
  return lines;
}

}  // namespace wemol::test
