#include "config_file.h"
#include "fuzz_target.h"
#include "properties.h"

namespace wemol::fuzz {
namespace {

void check_config(std::string_view input) {
  const auto reading = queue::parse_config(input, "/home/a/compete/config.yaml");
  if (!reading) {
    require(is_clean_line(reading.error().message), "an error is a clean line");
    return;
  }
  for (const std::string& warning : reading->warnings) {
    require(is_clean_line(warning), "a warning is a clean line");
  }
  const queue::QueueSettings& settings = reading->settings;
  require(settings.work_dir.is_absolute(), "the work_dir is absolute");
  require(settings.check_time.count() > 0, "there is time between two looks");
  require(settings.max_retry_before_backoff > 0, "a backoff comes after a failure");
  require(settings.backoff_duration.count() >= 0 && settings.start_delay.count() >= 0 &&
              settings.reserve_after.count() >= 0,
          "spans are positive");
  require(!settings.command_timeout || settings.command_timeout->count() > 0,
          "a timeout is a span");
  require(settings.oom_memory_growth_percent >= 0, "memory does not shrink");
}

const Target queue_config_target("queue_config", check_config);

}  // namespace
}  // namespace wemol::fuzz
