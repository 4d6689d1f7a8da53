#pragma once

#include <functional>
#include <iosfwd>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

namespace wemol {

/// Lets CLI11 read its config file as true TOML: one key per option, named like it. An unknown key
/// is an error that names it and its line. Keys whose option the environment sets are left out,
/// since CLI11 itself would let the file win.
class TomlConfig : public CLI::Config {
 public:
  using IsSet = std::function<bool(const CLI::Option&)>;

  /// The key `left_out` is no option: somebody else reads it. Empty: there is none.
  TomlConfig(const CLI::App& app, IsSet is_set_in_environment, std::string left_out = {})
      : app_(app),
        is_set_in_environment_(std::move(is_set_in_environment)),
        left_out_(std::move(left_out)) {}

  [[nodiscard]] std::string to_config(const CLI::App* app, bool default_also,
                                      bool write_description, std::string prefix) const override;
  [[nodiscard]] std::vector<CLI::ConfigItem> from_config(std::istream& input) const override;

 private:
  const CLI::App& app_;
  IsSet is_set_in_environment_;
  std::string left_out_;
};

}  // namespace wemol
