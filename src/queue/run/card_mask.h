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
  /// unique beginnings. As CUDA does, what follows an entry that names no card does not count, and
  /// a divided card (MIG) is its first instance; the others have to be named.
  std::optional<std::string> visible_devices;
  bool use_all_gpus = true;
  /// Indices of the host, or UUIDs. A divided card is all its instances that are visible.
  std::vector<std::string> compete_gpus;
};

struct ChosenCards {
  /// In the order of their indices. A divided card is none; each of its instances is one.
  std::vector<GpuDevice> devices;
  std::vector<std::string> warnings;  ///< entries that name no card
};

/// Whether it names an instance of a divided card.
[[nodiscard]] bool is_instance(std::string_view uuid);

/// `divided`: the UUIDs of the divided ones among the devices, whose instances follow them.
[[nodiscard]] ChosenCards choose_cards(const std::vector<GpuDevice>& devices,
                                       const std::vector<std::string>& divided,
                                       const CardChoice& choice);

}  // namespace wemol::queue
