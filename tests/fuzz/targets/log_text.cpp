#include "docker_answers.h"
#include "engine_messages.h"
#include "fuzz_target.h"
#include "properties.h"
#include "text.h"

namespace wemol::fuzz {
namespace {

constexpr std::size_t kLongestInLog = 303;

void check_fields(std::string_view line) {
  std::string joined;
  for (const std::string_view field : split_fields(line, ',')) {
    joined.append(joined.empty() && field.data() == line.data() ? "" : ",").append(field);
    require(trimmed(trimmed(field)) == trimmed(field), "what is trimmed stays as it is");
  }
  require(joined == line, "the fields and their separators are the line");
}

void check_log_text(std::string_view input) {
  const std::string shown = printable(input);
  require(is_clean_line(shown), "printable text is a clean line");
  require(shown.size() <= kLongestInLog, "printable text is short");
  require(is_clean_line(first_line(input)), "the first line is a clean line");
  for (const std::string_view line : complete_lines(input)) {
    require(line.find('\n') == std::string_view::npos, "a line holds no line end");
    require(!trimmed(line).empty(), "a line is not blank");
    check_fields(line);
  }
  const std::string why =
      docker::explain_failure("docker ps", {.status = CommandOutcome::Status::exited,
                                            .code = 1,
                                            .standard_output = {},
                                            .standard_error = std::string(input)});
  require(is_clean_line(why), "why docker failed is a clean line");
  const auto path = engine::socket_path(input);
  require(path ? !path->empty() : is_clean_line(path.error().message),
          "DOCKER_HOST gives a path or a clean line");
}

const Target log_text_target("log_text", check_log_text);

}  // namespace
}  // namespace wemol::fuzz
