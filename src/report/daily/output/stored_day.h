#pragma once

#include <filesystem>

#include <wemol/result.h>

#include "daily_settings.h"
#include "node_day.h"

namespace wemol::report::daily {

/// Reads a node's files of a day back, those of this program with any titles and those of the
/// script before it: rows gpu1, gpu9, … (numbers of cards, which are the settings') and no users.
/// Fails where there is no file of means. What cannot be read of a card is its failure.
[[nodiscard]] Result<NodeDay> read_stored_day(const std::filesystem::path& data_dir,
                                              const NodeSettings& node, const Day& day);

}  // namespace wemol::report::daily
