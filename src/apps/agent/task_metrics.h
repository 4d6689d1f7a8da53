#pragma once

#include <string_view>

#include "metrics_text.h"

namespace wemol::agent {

/// What the tasks of a recorder use, as it published them: a JSON array. Labels: container,
/// task_id, job_id, module, and of a GPU gpu and uuid.
void add_task_metrics(std::string_view tasks_json, MetricsText& text);

}  // namespace wemol::agent
