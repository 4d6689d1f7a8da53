#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <wemol/facts.h>

namespace wemol::queue {

/// Which cards are ours to use.
struct CardChoice {
  /// The scheduler's own CUDA_VISIBLE_DEVICES, if it is set: indices in PCI order, UUIDs or their
  /// unique beginnings. As CUDA does, what follows an entry that names no card does not count.
  std::optional<std::string> visible_devices;
  bool use_all_gpus = true;
  std::vector<std::string> compete_gpus;  ///< indices of the host, or UUIDs
};

struct ChosenCards {
  std::vector<GpuDevice> devices;     ///< in the order of their indices
  std::vector<std::string> warnings;  ///< entries that name no card
};

[[nodiscard]] ChosenCards choose_cards(const std::vector<GpuDevice>& devices,
                                       const CardChoice& choice);

}  // namespace wemol::queue
