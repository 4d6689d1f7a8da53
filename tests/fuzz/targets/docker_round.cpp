#include <algorithm>
#include <array>

#include "container_id.h"
#include "fake_clock.h"
#include "fake_command_runner.h"
#include "fake_file_reader.h"
#include "fuzz_target.h"
#include "properties.h"
#include "snapshot_builder.h"
#include "source_setup.h"
#include "task_row.h"

namespace wemol::fuzz {
namespace {

constexpr std::string_view kTaskPrefix = "wemol_rc_task";
constexpr std::size_t kColumns = 22;

void check_row(const TaskSample& sample) {
  const auto fields = parse_csv_record(task_csv_row(sample, "2026-11-22 07:42:30"));
  require(fields && fields->size() == kColumns, "a row has 22 fields");
  require(is_all_digits(fields->at(0)) && is_all_digits(fields->at(1)), "ids are digits");
  require(std::ranges::none_of(*fields, [](const std::string& field) { return field.empty(); }),
          "no field is empty");
  require(std::ranges::none_of(*fields,
                               [](const std::string& field) {
                                 return field[0] == '=' || field[0] == '+' || field[0] == '@' ||
                                        field[0] == '\t' || field[0] == '\r';
                               }),
          "no field is a formula");
}

/// What docker ps, docker stats, both nvidia-smi queries and docker top printed, in this order.
void check_docker_round(std::string_view input) {
  test::FakeCommandRunner runner;
  for (const char* command : {"docker ps", "docker stats", "nvidia-smi --query-gpu",
                              "nvidia-smi --query-compute-apps", "docker top"}) {
    const auto [text, rest] = split_parts(input);
    runner.answer(command, test::printed(std::string(text)));
    input = rest;
  }
  const test::FakeFileReader files;
  const test::FakeClock clock;
  DockerCliSource source(runner, files, clock, {.container_prefix = std::string(kTaskPrefix)},
                         "/nowhere");
  auto facts = source.collect(SteadyTime::max());
  require(facts && runner.unfinished() == 0, "a round leaves no command behind");
  require_fit_for_log(facts->conditions);
  auto identified =
      identify_tasks(facts->containers.value_or(std::vector<Container>()), kTaskPrefix);
  require_fit_for_log(identified.conditions);
  const auto snapshot =
      build_snapshot(*facts, std::move(identified.tasks),
                     [](const TaskContainer& task) { return task.container_name; });
  std::ranges::for_each(snapshot.samples, check_row);
}

const Target docker_round_target("docker_round", check_docker_round);

}  // namespace
}  // namespace wemol::fuzz
