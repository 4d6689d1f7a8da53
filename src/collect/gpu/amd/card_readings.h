#pragma once

#include <wemol/facts.h>

#include "amd_card.h"
#include "sysfs.h"

namespace wemol::amd {

/// Whether reading the card would wake it or keep it from going to sleep: it sleeps, or it may and
/// no compute process has it (`in_use`). The driver counts each reading as a use of the card.
[[nodiscard]] bool must_be_left_alone(const Sysfs& sysfs, const AmdCard& card, bool in_use);

/// The device with no readings but who it is.
[[nodiscard]] GpuDevice without_readings(const AmdCard& card, unsigned index);

/// The device with its readings. What cannot be read is absent; an error when nothing can.
[[nodiscard]] Result<GpuDevice> read_card(const Sysfs& sysfs, const AmdCard& card, unsigned index);

}  // namespace wemol::amd
