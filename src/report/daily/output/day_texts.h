#pragma once

#include <optional>
#include <string>
#include <vector>

#include "node_figures.h"
#include "titles.h"
#include "zone.h"

namespace wemol::report::daily {

/// An integer stays one; else the shortest digits that are read back as the same: 20.0, 1e-07.
[[nodiscard]] std::string number_text(const Number& number);
/// Two decimals, or N/A.
[[nodiscard]] std::string mean_text(const std::optional<double>& percent);
/// Rounded down to a decimal: what lacks something is never 100.0.
[[nodiscard]] std::string completeness_text(const Completeness& completeness);
/// All, joined by ';', each made safe for a spreadsheet. Not yet quoted. Those that nobody knows
/// are written as nobody, which is what readers of the files know; the summary tells what is
/// missing.
[[nodiscard]] std::string users_text(const std::optional<std::vector<std::string>>& users,
                                     const Words& words);

/// The line of a summary that says that a card's users are not known.
[[nodiscard]] std::string missing_users_line(unsigned index, const Words& words);

/// The file of a card. An unknown value is an empty cell, or 0 with `null_as_zero`.
[[nodiscard]] std::string card_csv(const CardDay& card, const Zone& zone, const Words& words,
                                   bool null_as_zero);
/// The file of the means.
[[nodiscard]] std::string average_csv(const NodeFigures& node, const Words& words);
/// The file for people. `tasks` absent: not asked for, or they could not be had.
[[nodiscard]] std::string summary_text(const NodeFigures& node, const Day& day,
                                       const std::optional<std::vector<TaskUse>>& tasks,
                                       const Words& words);
/// Who has what, of one node.
[[nodiscard]] std::string tasks_text(const std::string& node, const std::vector<TaskUse>& tasks,
                                     const Words& words);

}  // namespace wemol::report::daily
