#pragma once

#include <optional>
#include <string>

namespace wemol::nvml {

/// Tells the helper apart from the recorder: the same program with this as the first argument. A
/// second argument names another library than the usual one.
inline constexpr const char* kHelperArgument = "--nvml-helper";

/// The whole life of the helper process: answers each line of standard input with one line
/// (gpu_message.h) on standard output, and ends with standard input. Returns the exit status;
/// nothing when the arguments are not a helper's.
[[nodiscard]] std::optional<int> run_if_helper(int argc, const char* const* argv);

}  // namespace wemol::nvml
