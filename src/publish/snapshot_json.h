#pragma once

#include <string>

#include <wemol/snapshot.h>

#include "time_points.h"

namespace wemol {

/// Changes when a key changes its meaning or goes away; not when one is added.
inline constexpr int kSnapshotJsonVersion = 1;

/// One round as a line of JSON, with its line end. The keys are the names of the schema's fields;
/// what is unknown is null.
///
///     {"version":1,"type":"snapshot","taken_at":"2026-01-15T10:30:00.123+00:00",
///      "tasks":[{"task_id":"132178",…,"container_id":"…","run":1,"task_type":"gpu","ended":false,
///                "gpus":[{"uuid":"GPU-…","index":0,"task_memory_used_bytes":1048576,…}]}],
///      "ended_runs":[{"task_id":…,"container_id":…,"run":1,"exit_code":0,…}],
///      "gpus":[{"index":0,"uuid":"GPU-…",…}]}
///
/// `gpus` of a task is null when the GPU tools could not be read, and empty when it uses none.
[[nodiscard]] std::string snapshot_json_line(const Snapshot& snapshot, WallTime taken_at);

/// What a reader is told that has missed the `rounds` before the next line.
[[nodiscard]] std::string lost_json_line(std::uint64_t rounds);

}  // namespace wemol
