#include "fuzz_target.h"
#include "job_json.h"
#include "state_reader.h"

namespace wemol::fuzz {
namespace {

const Moment kNow{SteadyTime(std::chrono::seconds(1000)),
                  WallTime(std::chrono::seconds(1749030000))};

void check_state(std::string_view input) {
  queue::StateReader reader(kNow);
  std::size_t lines = 0;
  while (!input.empty()) {
    const std::size_t end = input.find('\n');
    reader.take_line(input.substr(0, end));
    input.remove_prefix(end == std::string_view::npos ? input.size() : end + 1);
    ++lines;
  }
  require(reader.bad_lines() <= lines, "a line is bad once");
  const queue::LoadedState loaded = reader.take();
  for (const auto& [id, job] : loaded.state.jobs) {
    require(id == job.id && id <= loaded.state.last_id, "no number is given again");
    const auto written = to_json(job);
    const auto again = queue::job_from_json(written);
    require(again && to_json(*again) == written, "a job comes back");
  }
}

const Target queue_state_target("queue_state", check_state);

}  // namespace
}  // namespace wemol::fuzz
