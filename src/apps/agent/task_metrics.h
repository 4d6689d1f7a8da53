#pragma once

#include "metrics_text.h"
#include "snapshot_reader.h"

namespace wemol::agent {

/// What the tasks of a recorder use, as it published them, and when that was. Labels: container,
/// task_id, job_id, module, and of a GPU gpu and uuid.
void add_task_metrics(const PublishedTasks& published, MetricsText& text);

}  // namespace wemol::agent
