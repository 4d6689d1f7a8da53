#pragma once

#include <fstream>
#include <string>

#include <gtest/gtest.h>

namespace wemol::test {

/// The lines between two others of a file of the project.
inline std::string documented_block(const std::string& path_in_project, const std::string& begin,
                                    const std::string& end) {
  std::ifstream file(std::string(WEMOL_PROJECT_DIR) + "/" + path_in_project);
  EXPECT_TRUE(file) << path_in_project;
  std::string text;
  bool is_inside = false;
  for (std::string line; std::getline(file, line);) {
    if (is_inside && line == end) {
      break;
    }
    text += is_inside ? line + "\n" : "";
    is_inside = is_inside || line == begin;
  }
  return text;
}

/// What docs/options.md has between the marks for a program; `scripts/docs` writes it.
inline std::string documented_options(const std::string& program) {
  return documented_block("docs/options.md", "<!-- options: " + program + " -->",
                          "<!-- /options -->");
}

}  // namespace wemol::test
