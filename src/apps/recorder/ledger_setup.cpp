#include "ledger_setup.h"

#include <sys/sysinfo.h>

#include <utility>
#include <vector>

#include <spdlog/spdlog.h>

#include "ledger_sink.h"

namespace wemol {
namespace {

std::optional<std::uint64_t> host_memory_bytes() {
  struct sysinfo info {};
  return sysinfo(&info) == 0 ? std::optional(std::uint64_t{info.totalram} * info.mem_unit)
                             : std::nullopt;
}

OpenRuns read_open_runs(const Options& options) {
  auto open = OpenRunsFile(options.output_dir).read();
  if (!open) {
    spdlog::warn(
        "which tasks ran when the last recorder stopped is unknown: {}; those that have "
        "ended since have no row in the ledger",
        open.error().message);
    return {.runs = {}, .ends_stated_until = std::chrono::system_clock::now()};
  }
  std::erase_if(open->runs, [&](const OpenTaskRun& task) {
    const bool is_followed = task.run.container_name.starts_with(options.container_prefix);
    if (!is_followed) {
      spdlog::warn(
          "container {} is not followed any more, its name does not begin with {}: it has "
          "no row in the ledger",
          task.run.container_name, options.container_prefix);
    }
    return !is_followed;
  });
  return std::move(*open);
}

}  // namespace

std::unique_ptr<Sink> make_ledger(const Options& options, Source& source, const Clock& clock) {
  const OpenRuns open = read_open_runs(options);
  std::vector<OpenRun> runs;
  for (const OpenTaskRun& task : open.runs) {
    runs.push_back(task.run);
  }
  source.resume(runs, open.ends_stated_until);
  LedgerSink::Settings settings{.output_dir = options.output_dir,
                                .sync = options.sync,
                                .host_memory_bytes = host_memory_bytes()};
  if (options.source == SourceKind::native) {  // its rows leave nothing out
    settings.seen_by_past_row = options.interval;
  }
  return std::make_unique<LedgerSink>(std::move(settings), clock, open);
}

}  // namespace wemol
