#pragma once

#include <memory>
#include <optional>
#include <string>

#include <wemol/host_sample.h>
#include <wemol/monitor.h>

#include "figures_text.h"

namespace wemol::sdk {

/// One sample with all that is made of it once for everybody.
struct Moment {
  std::shared_ptr<const HostSample> sample;
  std::optional<ProcessTreeSample> tree;  ///< of this process
  FiguresPtr figures;                     ///< apart: who logs them holds nothing else of it
};
using MomentPtr = std::shared_ptr<const Moment>;

[[nodiscard]] MomentPtr make_moment(std::shared_ptr<const HostSample> sample);

/// Without node_id and JSON.
[[nodiscard]] monitor::Record make_figures(const Moment& moment);
[[nodiscard]] monitor::Record make_record(const Moment& moment, const std::string& node_id);

[[nodiscard]] monitor::SystemInfo make_system_info(SystemInfo info, const HostSample* newest);

}  // namespace wemol::sdk
