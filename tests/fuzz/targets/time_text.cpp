#include "time_text.h"

#include <cstdlib>

#include "fuzz_target.h"

namespace wemol::fuzz {
namespace {

using namespace std::chrono_literals;

void check_iso_time(std::string_view input) {
  const auto time = parse_iso_time(input);
  if (!time) {
    return;
  }
  const std::string text = iso_time_text(*time);
  const auto again = parse_iso_time(text);
  // An offset may lead out of the years that are taken.
  require(!again || (*time - *again >= 0ns && *time - *again < 1ms), "a time comes back");
  require(again || !text.starts_with("20"), "a written time can be read");
}

void check_local_time(std::string_view input) {
  reading::LocalTimeReader reader;
  const auto time = reader.parse(input);
  if (!time || input.ends_with(":60")) {
    return;
  }
  std::string text = iso_time_text(*time).substr(0, input.size());
  text[text.find('T')] = ' ';
  require(text == input, "a local time is what the clock showed");
}

void check_time_text(std::string_view input) {
  setenv("TZ", "UTC0", 1);
  check_iso_time(input);
  check_local_time(input);
}

const Target time_text_target("time_text", check_time_text);

}  // namespace
}  // namespace wemol::fuzz
