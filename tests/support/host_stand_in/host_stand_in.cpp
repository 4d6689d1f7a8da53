#include <condition_variable>
#include <mutex>
#include <thread>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "host_json.h"
#include "host_metrics.h"
#include "sampler_thread.h"
#include "system_info.h"

namespace wemol {

class SamplerThread::Worker {
 public:
  Worker(SamplerSettings settings, Listener listener)
      : interval_(settings.interval), listener_(std::move(listener)), thread_([this] { run(); }) {}
  ~Worker() {
    {
      const std::lock_guard lock(mutex_);
      is_stopping_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }
  Sample newest() {
    const std::lock_guard lock(mutex_);
    return newest_;
  }
  void set_interval(std::chrono::nanoseconds interval) {
    const std::lock_guard lock(mutex_);
    interval_ = interval;
    changed_.notify_all();
  }

 private:
  void run() {
    std::unique_lock lock(mutex_);
    while (!is_stopping_) {
      auto sample = std::make_shared<HostSample>();
      sample->read_at = std::chrono::system_clock::now();
      sample->measured_at = std::chrono::steady_clock::now();
      sample->cpu_usage_percent = 25;
      sample->gpus.emplace();
      newest_ = sample;
      lock.unlock();
      listener_(sample);
      lock.lock();
      changed_.wait_for(lock, interval_);
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::chrono::nanoseconds interval_;
  Listener listener_;
  Sample newest_;
  bool is_stopping_ = false;
  std::thread thread_;
};

SamplerThread::SamplerThread(SamplerSettings settings, Listener listener)
    : worker_(std::make_unique<Worker>(std::move(settings), std::move(listener))) {}
SamplerThread::~SamplerThread() = default;
SamplerThread::Sample SamplerThread::newest() const {
  return worker_->newest();
}
void SamplerThread::set_interval(std::chrono::nanoseconds interval) {
  worker_->set_interval(interval);
}

SystemInfo host::read_system_info(const std::filesystem::path& /*root*/) {
  return {.platform = "Linux", .architecture = "x86_64", .cpu_threads = 4, .hostname = "stand-in"};
}
std::string host::address_to_others() {
  return "192.0.2.1";
}

std::string host_record_json(const HostSample& sample, std::string_view node_id) {
  nlohmann::ordered_json json{
      {"nodeId", node_id},
      {"timestamp", sample.read_at.time_since_epoch() / std::chrono::milliseconds(1)},
      {"cpu", {{"overall", nullptr}, {"cores", nlohmann::ordered_json::array()}}},
      {"accelerators", nlohmann::ordered_json::array()}};
  if (sample.cpu_usage_percent) {
    json["cpu"]["overall"] = *sample.cpu_usage_percent;
  }
  for (const GpuDevice& gpu : sample.gpus.value_or(std::vector<GpuDevice>())) {
    json["accelerators"].push_back({{"name", gpu.name}});
  }
  return json.dump();
}

std::string system_info_json(const SystemInfo& info, const HostSample* /*newest*/) {
  return nlohmann::json{{"hostname", info.hostname}}.dump();
}

MetricsFormat metrics_format_for(std::string_view accept) {
  return accept.find("application/openmetrics-text") == std::string_view::npos
             ? MetricsFormat::prometheus_text
             : MetricsFormat::openmetrics;
}
std::string_view metrics_content_type(MetricsFormat format) {
  return format == MetricsFormat::openmetrics
             ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
             : "text/plain; version=0.0.4; charset=utf-8";
}
MetricsText::MetricsText(MetricsFormat format, std::string_view host)
    : format_(format), host_(host) {}
void MetricsText::begin_family(const Field& field) {
  metric_ = field.metric;
}
void MetricsText::add(std::initializer_list<Label> labels, const FieldValue& value) {
  if (std::holds_alternative<std::monostate>(value)) {
    return;
  }
  text_ += metric_ + "{host=\"" + host_ + "\"";
  for (const auto& [name, text] : labels) {
    text_ += fmt::format(",{}=\"{}\"", name, text);
  }
  text_ += "} ";
  if (const auto* count = std::get_if<std::uint64_t>(&value)) {
    text_ += fmt::format("{}\n", *count);
  } else {
    text_ += fmt::format("{}\n", std::get<double>(value));
  }
}
std::string MetricsText::take() {
  return text_ + (format_ == MetricsFormat::openmetrics ? "# EOF\n" : "");
}

void add_host_metrics(const HostSample& sample, MetricsText& text) {
  text.begin_family({.name = "cpu", .metric = "wemol_host_cpu_usage_percent"});
  text.add({}, sample.cpu_usage_percent ? FieldValue(*sample.cpu_usage_percent) : FieldValue());
}

}  // namespace wemol
