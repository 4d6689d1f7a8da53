#include "toml_config.h"

#include <cstddef>
#include <istream>

#include <fmt/format.h>
#include <toml++/toml.h>

namespace wemol {
namespace {

/// Every option with long paths has less. A device may have no end, and the parser follows a nested
/// key by recursion: more text than this could use up the stack.
constexpr std::size_t kCapBytes = std::size_t{64} << 10;

[[noreturn]] void refuse(const toml::source_region& where, const std::string& what) {
  throw CLI::ConfigError(fmt::format("--config: line {}: {}", where.begin.line, what));
}

std::string capped_text(std::istream& input) {
  std::string text(kCapBytes + 1, '\0');
  input.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(input.gcount()));
  if (text.size() > kCapBytes) {
    throw CLI::ConfigError("--config: takes a TOML file of 64 KiB at most");
  }
  return text;
}

/// A switch, such as --verbose, has no value on the command line.
std::string truth_text(const toml::node& node, const std::string& key) {
  const auto* truth = node.as_boolean();
  if (truth == nullptr) {
    refuse(node.source(), fmt::format("{} takes true or false", key));
  }
  return truth->get() ? "true" : "false";
}

std::string value_text(const toml::node& node, const std::string& key) {
  if (const auto* text = node.as_string()) {
    return text->get();
  }
  if (const auto* number = node.as_integer()) {
    return fmt::format("{}", number->get());
  }
  if (const auto* number = node.as_floating_point()) {
    return fmt::format("{}", number->get());
  }
  refuse(node.source(), fmt::format("{} takes a number or a text in quotes", key));
}

}  // namespace

std::string TomlConfig::to_config(const CLI::App* /*app*/, bool /*default_also*/,
                                  bool /*write_description*/, std::string /*prefix*/) const {
  return {};  // we never write one
}

std::vector<CLI::ConfigItem> TomlConfig::from_config(std::istream& input) const {
  toml::table table;
  try {
    table = toml::parse(capped_text(input));
  } catch (const toml::parse_error& error) {
    refuse(error.source(), std::string(error.description()));
  }
  std::vector<CLI::ConfigItem> found;
  for (const auto& [toml_key, node] : table) {
    const std::string key(toml_key.str());
    if (!left_out_.empty() && key == left_out_) {
      continue;
    }
    const CLI::Option* option = app_.get_option_no_throw("--" + key);
    if (option == nullptr || !option->get_configurable()) {
      refuse(toml_key.source(), fmt::format("unknown key {}; the keys are named like the options "
                                            "of {} --help",
                                            key, app_.get_name()));
    }
    if (!is_set_in_environment_(*option)) {
      CLI::ConfigItem item;
      item.name = key;
      item.inputs = {option->get_items_expected_max() == 0 ? truth_text(node, key)
                                                           : value_text(node, key)};
      found.push_back(std::move(item));
    }
  }
  return found;
}

}  // namespace wemol
