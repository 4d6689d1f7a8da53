#include <string>

#include "command_line_secrets.h"
#include "fuzz_target.h"
#include "process_files.h"
#include "properties.h"

namespace wemol::fuzz {
namespace {

/// Whatever stands before it, a secret that something names does not get through.
void require_hidden(std::string_view before, std::string_view naming) {
  constexpr std::string_view kSecret = "hunter2";
  std::string cmdline(before);
  cmdline.append(1, '\0').append(naming).append(kSecret).append(1, '\0').append("end");
  std::string expected(before);
  const bool is_there_anyway = expected.append(naming).find(kSecret) != std::string::npos;
  require(is_there_anyway || without_secrets(cmdline).find(kSecret) == std::string::npos,
          "no secret gets through");
}

const Target command_line_target("command_line", [](std::string_view input) {
  using namespace std::string_view_literals;
  const std::string masked = without_secrets(input);
  require(is_clean_line(command_line_text(masked)), "a command line is a line");
  for (const std::string_view naming : {"--password\0"sv, "--api-token="sv, "MY_SECRET="sv,
                                        "-x\0{\"key\": \""sv, "bash\0-c\0export A_TOKEN="sv}) {
    require_hidden(input, naming);
  }
});

}  // namespace
}  // namespace wemol::fuzz
