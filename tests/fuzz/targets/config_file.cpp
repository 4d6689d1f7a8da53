#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <string>

#include "files.h"
#include "fuzz_target.h"
#include "options.h"
#include "properties.h"

namespace wemol::fuzz {
namespace {

using namespace std::chrono_literals;

tl::expected<Options, EarlyExit> options_from(std::string_view toml) {
  const UniqueFd file(memfd_create("config.toml", MFD_CLOEXEC));
  require(write(file.get(), toml.data(), toml.size()) == static_cast<ssize_t>(toml.size()),
          "the file can be written");
  const std::string path = "/proc/self/fd/" + std::to_string(file.get());
  const std::array<const char*, 3> arguments{"wemol-recorder", "--config", path.c_str()};
  return parse_options(static_cast<int>(arguments.size()), arguments.data());
}

void check_options(const tl::expected<Options, EarlyExit>& options) {
  if (!options) {
    const std::string_view text = options.error().text;
    require(options.error().status == 2, "a bad file is an error of configuration");
    require(!text.empty() && is_clean_line(text), "what is wrong is one clean line");
    return;
  }
  for (const auto seconds : {options->interval, options->command_timeout}) {
    require(seconds >= 100ms && seconds <= 24h, "a time is within its bounds");
  }
  require(!options->container_prefix.empty() && !options->task_root.empty() &&
              !options->output_dir.empty(),
          "prefix and folders are not empty");
  require(!options->check, "a file does not ask for a check");
}

std::string in_quotes(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    quoted += c == '"' || c == '\\' ? "\\" : "";
    quoted += c;
  }
  return quoted + '"';
}

void check_text_value(std::string_view value) {
  const auto options = options_from("output-dir = " + in_quotes(value));
  require(options && options->output_dir == value, "a text is taken as it is");
}

const Target config_file_target("config_file", [](std::string_view input) {
  check_options(options_from(input));
  constexpr std::size_t kLongestPath = 4096;
  if (!input.empty() && input.size() <= kLongestPath && is_clean_line(input)) {
    check_text_value(input);
  }
});

}  // namespace
}  // namespace wemol::fuzz
