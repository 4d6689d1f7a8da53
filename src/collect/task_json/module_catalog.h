#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <wemol/condition.h>
#include <wemol/result.h>

#include "clock.h"
#include "files.h"
#include "module_name.h"

namespace wemol {

/// Finds the module's name of each task in
/// `<task-root>/Worker.{GPU,CPU,AF2,ALL}/work_blob/{ab}/{cd}/<task id>/task.json`, where cd are
/// the last two characters of the id and ab the two before them. The first file that can be read
/// and parsed counts. A found name is kept until `forget_all_but` drops the container.
class ModuleCatalog {
 public:
  /// What was not found is looked for again in each round, but in those of less than a second:
  /// up to four files per task would cost more than all else in such a round.
  static constexpr auto kLooksAgainAfter = std::chrono::milliseconds(900);

  ModuleCatalog(const FileReader& files, const Clock& clock, std::filesystem::path task_root);

  /// Names that are found keep; others are looked for there from now on.
  void set_task_root(std::filesystem::path task_root);

  /// The module's name, or kUnknownModule with a condition that gives the reason.
  [[nodiscard]] std::string name_of(const std::string& container_id, const std::string& task_id,
                                    Conditions& conditions);

  /// Forgets the names of the containers for which `lives(container_id)` is false.
  template <typename Lives>
  void forget_all_but(Lives lives) {
    std::erase_if(containers_, [&](const auto& entry) { return !lives(entry.first); });
  }

 private:
  /// What a file said when it had this text, so that a large one without a name is not parsed in
  /// every round.
  struct Reading {
    std::size_t text_hash = 0;
    ModuleName said;
  };
  struct Container {
    std::string name;   ///< empty: not found yet
    Error why_unknown;  ///< as of `looked_at`
    std::optional<SteadyTime> looked_at;
    std::map<std::string, Reading> readings;  ///< by path
  };

  [[nodiscard]] Result<std::string> look_up(const std::string& task_id, Container& container) const;
  /// What the first file says that is JSON, or that the files hang. Nothing: there is no such file;
  /// why each of those that are there counts for nothing is in `problems`.
  [[nodiscard]] std::optional<Result<std::string>> first_name(
      std::span<const std::filesystem::path> paths, Container& container,
      std::vector<std::string>& problems) const;
  /// Once per round for all tasks.
  static void state_hang(const std::string& why, Conditions& conditions);
  [[nodiscard]] static const ModuleName& name_in(const std::string& text, const std::string& path,
                                                 Container& container);

  const FileReader& files_;
  const Clock& clock_;
  std::filesystem::path task_root_;
  std::unordered_map<std::string, Container> containers_;  ///< by id
};

}  // namespace wemol
