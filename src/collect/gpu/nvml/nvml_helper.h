#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "gpu_message.h"

namespace wemol::nvml {

/// Tells the helper apart from the recorder: the same program with this as the first argument. A
/// second argument names another library than the usual one.
inline constexpr const char* kHelperArgument = "--nvml-helper";

/// The requests.
inline constexpr std::string_view kRequest = "read";
inline constexpr std::string_view kRequestInstances = "read instances";
inline constexpr std::string_view kRequestAll = "read all";

[[nodiscard]] std::string_view request_for(Detail detail);
/// A request of a newer program gets what the oldest had.
[[nodiscard]] Detail detail_of(std::string_view request);

/// The whole life of the helper process: answers each line of standard input with one line
/// (gpu_message.h) on standard output, and ends with standard input. Returns the exit status.
/// `library`: the file name of NVML.
[[nodiscard]] int run_helper(const std::string& library);

/// The same for a program that is also its own helper; nothing when the arguments are not a
/// helper's.
[[nodiscard]] std::optional<int> run_if_helper(int argc, const char* const* argv);

}  // namespace wemol::nvml
