#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>

namespace wemol::test {

[[nodiscard]] inline std::string read_text(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    throw std::runtime_error("cannot read " + path.string());
  }
  return {std::istreambuf_iterator<char>(file), {}};
}

inline void write_text(const std::filesystem::path& path, std::string_view text) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream file(path, std::ios::binary);
  file.write(text.data(), static_cast<std::streamsize>(text.size()));
  if (!file) {
    throw std::runtime_error("cannot write " + path.string());
  }
}

/// A captured output, by its path below tests/fixtures.
[[nodiscard]] inline std::string fixture(const std::string& name) {
  return read_text(std::filesystem::path(WEMOL_FIXTURES) / name);
}

}  // namespace wemol::test
