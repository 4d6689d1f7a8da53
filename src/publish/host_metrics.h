#pragma once

#include <string>
#include <string_view>

#include <wemol/host_sample.h>

#include "metrics_text.h"

namespace wemol {

/// The host's figures: gauges as sampled, and the counters that they are made of, for whoever
/// scrapes takes rates over spans of its own.
///
/// Labels: host, cpu, device (a disk, an interface), mountpoint and fstype, gpu and uuid. What else
/// an answer has, the tasks of a recorder, is added to the same `text` by a function like this one.
///
/// A sample that is not of now is no figure: then add_sample_time() alone says how old it is.
void add_host_metrics(const HostSample& sample, MetricsText& text);

/// When it was sampled.
void add_sample_time(const HostSample& sample, MetricsText& text);

/// The whole answer for a host alone.
[[nodiscard]] std::string host_metrics_text(const HostSample& sample, std::string_view host,
                                            MetricsFormat format);

}  // namespace wemol
