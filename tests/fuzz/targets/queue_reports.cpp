// What other users write: a holder's file, the history of a state directory; and /proc/locks.

#include "fuzz_target.h"
#include "holder_record.h"
#include "kernel_locks.h"
#include "properties.h"
#include "queue_history.h"

namespace wemol::fuzz {
namespace {

const Target queue_reports_target("queue_reports", [](std::string_view input) {
  if (const auto holder = parse_card_holder(input, "GPU-1")) {
    for (const std::string& text : {holder->user, holder->queue, holder->uni_id}) {
      require(!text.empty() && is_clean_line(text), "a holder's texts are clean lines");
    }
    require(holder->keeper_pid >= 0, "a pid is one");
  }
  if (const auto name = parse_holder_file_name(input)) {
    require(!name->card.empty(), "a card has a name");
  }
  if (const auto ended_try = reading::parse_ended_try(input)) {
    require(ended_try->seconds().value_or(0) >= 0, "no time is below 0");
  }
  (void)parse_exclusive_flocks(input);
});

}  // namespace
}  // namespace wemol::fuzz
