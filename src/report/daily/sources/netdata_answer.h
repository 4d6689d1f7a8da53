#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <wemol/result.h>

#include "daily_settings.h"
#include "node_day.h"

namespace wemol::report::daily {

/// A card as Netdata has it. A chart's id holds the card's marketing name, which changes with
/// Netdata's version: then there are several for one figure.
struct NetdataCard {
  std::optional<unsigned> card;
  std::string uuid;
  std::string name;
  std::vector<std::string> utilization_charts;
  std::vector<std::string> memory_charts;
};

struct NetdataCards {
  Vendor vendor = Vendor::amd;
  std::map<unsigned, NetdataCard> by_index;  ///< those of the settings, also if they have no charts
};

/// The cards of /api/v1/charts. AMD: by Netdata's own collector (amdgpu, since 1.44). NVIDIA: by
/// nvidia_smi, the old one in Python and the new one in Go.
[[nodiscard]] Result<NetdataCards> find_cards(std::string_view charts_json,
                                              const NodeSettings& node);

/// By the end of the bucket; nothing: null.
using NetdataRows = std::map<std::int64_t, std::optional<Number>>;

/// The rows of an answer of /api/v1/data that lie in the day. Of a chart with used and free memory
/// the share that is used.
[[nodiscard]] Result<NetdataRows> parse_rows(std::string_view data_json, const Day& day);

}  // namespace wemol::report::daily
