#pragma once

#include <fstream>
#include <string>

#include <gtest/gtest.h>

namespace wemol::test {

/// What docs/options.md has between the marks for a program; `scripts/docs` writes it.
inline std::string documented_options(const std::string& program) {
  std::ifstream file(std::string(WEMOL_PROJECT_DIR) + "/docs/options.md");
  EXPECT_TRUE(file);
  std::string text;
  bool is_inside = false;
  for (std::string line; std::getline(file, line);) {
    if (is_inside && line == "<!-- /options -->") {
      break;
    }
    text += is_inside ? line + "\n" : "";
    is_inside = is_inside || line == "<!-- options: " + program + " -->";
  }
  return text;
}

}  // namespace wemol::test
