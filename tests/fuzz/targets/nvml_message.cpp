#include <cmath>

#include "fuzz_target.h"
#include "gpu_message.h"

namespace wemol::fuzz {
namespace {

void check_nvml_message(std::string_view input) {
  const auto answer = nvml::from_line(input);
  if (!answer) {
    require(!answer.error().message.empty(), "there is a reason why a line is no answer");
    return;
  }
  require(answer->readings.has_value() != !answer->why_no_library.empty(),
          "an answer has readings or a reason why not");
  const std::string line = nvml::to_line(*answer);
  require(line.find('\n') == std::string::npos, "an answer is one line");
  const auto again = nvml::from_line(line);
  require(again && nvml::to_line(*again) == line, "an answer can be handed on");
}

const Target nvml_message_target("nvml_message", check_nvml_message);

}  // namespace
}  // namespace wemol::fuzz
