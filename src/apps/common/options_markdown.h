#pragma once

#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace wemol {

/// The options that --help shows as a Markdown table, for docs/options.md.
[[nodiscard]] inline std::string options_markdown(const CLI::App& app) {
  const auto code = [](const std::string& text) { return text.empty() ? "" : "`" + text + "`"; };
  std::string text = "| option | environment | default | meaning |\n|---|---|---|---|\n";
  for (const CLI::Option* const option : app.get_options()) {
    if (option->get_group().empty() || option->get_lnames().empty()) {
      continue;
    }
    std::string name = "--" + option->get_lnames().at(0);
    if (option->get_items_expected_max() > 0) {
      name += " " + option->get_type_name();
    }
    text += fmt::format("| {} | {} | {} | {} |\n", code(name), code(option->get_envname()),
                        code(option->get_default_str()), option->get_description());
  }
  return text;
}

}  // namespace wemol
