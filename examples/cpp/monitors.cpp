// monitors: what the host does, and a callback.
#include <atomic>
#include <chrono>
#include <iostream>
#include <thread>

#include <wemol/monitor.h>

int main() {
  namespace monitor = wemol::monitor;
  using namespace std::chrono_literals;

  const auto cpu = monitor::monitor_cpu("monitors");
  const auto memory = monitor::monitor_memory("monitors");
  auto gpus = monitor::monitor_gpu("monitors");
  std::cout << "CPUs: " << cpu.get_cpu_count() << '\n';
  if (const auto usage = cpu.get_cpu_usage()) {
    std::cout << "CPU: " << *usage << " %\n";
  }
  if (const auto bytes = memory.get_memory_bytes(); bytes.used && bytes.total) {
    std::cout << "Memory: " << *bytes.used << " of " << *bytes.total << " bytes\n";
  }
  std::cout << "GPUs: " << gpus.get_gpu_count() << '\n';

  auto scope = gpus.monitor_gpu_usage();
  auto system = monitor::get_run_system_monitor("monitors", {.collect_interval = 200ms});
  std::cout << "Host: " << system.get_system_info().hostname << '\n';
  std::atomic<int> records = 0;
  {
    const auto subscription = system.add_callback([&](const monitor::Record&) { ++records; });
    system.start();
    std::this_thread::sleep_for(1s);
  }
  monitor::cleanup_run_monitor("monitors");
  std::cout << "Records: " << (records > 0 ? "some" : "none") << '\n';
  for (const auto& gpu : scope.end()) {
    std::cout << gpu.name << ": " << gpu.energy_joules.value_or(0) << " J\n";
  }
}
