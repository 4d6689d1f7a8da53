#pragma once

#include <wemol/host_sample.h>

#include "metrics_text.h"

namespace wemol {
void add_host_metrics(const HostSample& sample, MetricsText& text);
}  // namespace wemol
