#include "report_fields.h"

#include <array>

namespace wemol::hub {
namespace {

using Kind = JsonKind;

constexpr std::size_t kMostGpus = 256;
constexpr std::size_t kMostProcesses = 20'000;
constexpr std::size_t kMostSessions = 2'000;
constexpr std::size_t kMostContainers = 2'000;
constexpr std::size_t kMostFileSystems = 1'000;

constexpr std::array kProcessFields{
    ReportField{"pid", Kind::whole_number},      ReportField{"name", Kind::text},
    ReportField{"cmdline", Kind::text},          ReportField{"cpu_percent", Kind::number},
    ReportField{"memory_percent", Kind::number}, ReportField{"create_time", Kind::number},
    ReportField{"status", Kind::text},           ReportField{"username", Kind::text},
    ReportField{"is_gpu_process", Kind::flag},   ReportField{"gpu_memory_usage", Kind::number},
    ReportField{"gpu_id", Kind::whole_number},
};

constexpr std::array kQueueJobFields{
    ReportField{"user", Kind::text},
    ReportField{"queue", Kind::text},
    ReportField{"job", Kind::whole_number},
    ReportField{"since", Kind::text},
};

constexpr std::array kGpuFields{
    ReportField{"id", Kind::whole_number},
    ReportField{"uuid", Kind::text},
    ReportField{"name", Kind::text},
    ReportField{"temperature", Kind::any_number},
    ReportField{"memory_used", Kind::number},
    ReportField{"memory_total", Kind::number},
    ReportField{"utilization", Kind::number},
    ReportField{"queue_job", Kind::object, kQueueJobFields},
    ReportField{kProcesses, Kind::list, kProcessFields, kMostProcesses},
};

constexpr std::array kScreenFields{
    ReportField{"pid", Kind::number_or_text},
    ReportField{"name", Kind::text},
    ReportField{"status", Kind::text},
};

constexpr std::array kGpuUseFields{
    ReportField{"index", Kind::whole_number},
    ReportField{"uuid", Kind::text},
    ReportField{"task_memory_used_bytes", Kind::number},
    ReportField{"task_sm_utilization_percent", Kind::number},
};

constexpr std::array kContainerFields{
    ReportField{"id", Kind::text},
    ReportField{"name", Kind::text},
    ReportField{"status", Kind::text},
    ReportField{"image", Kind::text},
    ReportField{"memoryUsage", Kind::number},
    ReportField{"gpuDevices", Kind::text},
    ReportField{"task_id", Kind::text},
    ReportField{"job_id", Kind::text},
    ReportField{"module_name", Kind::text},
    ReportField{"cpu_percent", Kind::number},
    ReportField{"memory_used_bytes", Kind::number},
    ReportField{"memory_percent", Kind::number},
    ReportField{"pids", Kind::number},
    ReportField{"gpus", Kind::list, kGpuUseFields, kMostGpus},
};

constexpr std::array kSystemFields{
    ReportField{"cpu_percent", Kind::number},
    ReportField{"memory_total", Kind::number},
    ReportField{"memory_used", Kind::number},
    ReportField{"memory_percent", Kind::number},
    ReportField{"disk_total", Kind::number},
    ReportField{"disk_used", Kind::number},
    ReportField{"disk_percent", Kind::number},
    ReportField{"ip_address", Kind::text},
    ReportField{"screen_sessions", Kind::list, kScreenFields, kMostSessions},
    ReportField{"docker_containers", Kind::list, kContainerFields, kMostContainers},
    ReportField{kProcesses, Kind::list, kProcessFields, kMostProcesses},
};

constexpr std::array kFileSystemFields{
    ReportField{"mountPoint", Kind::text},
    ReportField{"total", Kind::number},
    ReportField{"used", Kind::number},
    ReportField{"available", Kind::number},
};

constexpr std::array kAcceleratorFields{
    ReportField{"id", Kind::whole_number},
    ReportField{"uuid", Kind::text},
    ReportField{"name", Kind::text},
    ReportField{"queueJob", Kind::object, kQueueJobFields},
};

constexpr std::array kDiskRecordFields{
    ReportField{"fileSystems", Kind::list, kFileSystemFields, kMostFileSystems},
};

constexpr std::array kRecordFields{
    ReportField{"cpu", Kind::object},
    ReportField{"memory", Kind::object},
    ReportField{"disk", Kind::object, kDiskRecordFields},
    ReportField{"network", Kind::object},
    ReportField{"accelerators", Kind::list, kAcceleratorFields, kMostGpus},
};

constexpr std::array kReportFields{
    ReportField{"hostname", Kind::text},
    ReportField{"timestamp", Kind::text},
    ReportField{"interval", Kind::number},
    ReportField{"age", Kind::number},
    ReportField{"metrics_port", Kind::whole_number},
    ReportField{"gpu_data", Kind::list, kGpuFields, kMostGpus},
    ReportField{"system_info", Kind::object, kSystemFields},
    ReportField{"record", Kind::object, kRecordFields},
};

}  // namespace

std::span<const ReportField> report_fields() {
  return kReportFields;
}

}  // namespace wemol::hub
