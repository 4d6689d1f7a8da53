#include "host_reader.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include "files.h"
#include "host_rates.h"
#include "system_info.h"

namespace wemol::host {
namespace {

/// The CPUs' lines of /proc/stat come first, some 100 bytes each. Disks and interfaces take as much
/// on hosts with many containers.
constexpr std::size_t kTextBytes = std::size_t{128} << 10;

}  // namespace

/// The kernel's files, open.
class HostReader::Files {
 public:
  explicit Files(const std::filesystem::path& root)
      : stat(open(root / "proc/stat")),
        meminfo(open(root / "proc/meminfo")),
        loadavg(open(root / "proc/loadavg")),
        diskstats(open(root / "proc/diskstats")),
        net_dev(open(root / "proc/self/net/dev")),
        net_snmp(open(root / "proc/self/net/snmp")),
        cpu_pressure(open(root / "proc/pressure/cpu")),
        memory_pressure(open(root / "proc/pressure/memory")),
        io_pressure(open(root / "proc/pressure/io")) {}

  PersistentFile stat;
  PersistentFile meminfo;
  PersistentFile loadavg;
  PersistentFile diskstats;
  PersistentFile net_dev;
  PersistentFile net_snmp;
  PersistentFile cpu_pressure;
  PersistentFile memory_pressure;
  PersistentFile io_pressure;

  /// Until the next one is read. Nothing: it is not there, or has nothing to say.
  [[nodiscard]] std::optional<std::string_view> text_of(const PersistentFile& file) {
    const auto text = file.is_file() ? file.read(buffer_) : failure("");
    return text ? std::optional(*text) : std::nullopt;
  }

 private:
  static PersistentFile open(const std::filesystem::path& path) {
    return PersistentFile::open(path).value_or(PersistentFile());
  }

  std::vector<char> buffer_ = std::vector<char>(kTextBytes);
};

HostReader::HostReader(const std::filesystem::path& root) : HostReader(root, space_below(root)) {}

HostReader::HostReader(std::filesystem::path root, SpaceOf space_of)
    : root_(std::move(root)),
      files_(std::make_unique<Files>(root_)),
      file_systems_(root_, std::move(space_of)),
      sensors_(root_),
      process_count_(root_ / "proc"),
      interfaces_(root_ / "sys/class/net") {}

HostReader::~HostReader() = default;

HostFacts HostReader::read(const Clock& clock) {
  HostFacts facts;
  const SteadyTime now = clock.now();
  if (devices_schedule_.take_turn(now)) {
    is_disk_.clear();
    interfaces_.forget();
  }
  file_systems_.start(now);
  facts.read_at = clock.wall_now();
  facts.measured_at = clock.now();
  read_cpus(facts.cpu, now);
  facts.disks = read_disks();
  facts.interfaces = read_interfaces();
  read_memory(facts.memory, now);
  const auto pressure_in = [&](const PersistentFile& file) {
    const auto text = files_->text_of(file);
    return text ? parse_pressure(*text) : PressureFacts();
  };
  facts.cpu_pressure = pressure_in(files_->cpu_pressure);
  facts.memory_pressure = pressure_in(files_->memory_pressure);
  facts.io_pressure = pressure_in(files_->io_pressure);
  if (const auto text = files_->text_of(files_->net_snmp)) {
    facts.tcp_connections = parse_current_established(*text);
  }
  facts.file_systems = file_systems_.newest();
  if (const auto space = facts.file_systems ? disk_space(*facts.file_systems) : std::nullopt) {
    disk_total_bytes_ = space->total_bytes;
  }
  sensors_.add_newest(facts.cpu);
  return facts;
}

void HostReader::read_cpus(CpuFacts& cpu, SteadyTime now) {
  if (const auto text = files_->text_of(files_->stat)) {
    CpuLines lines = parse_cpu_lines(*text);
    keep_rising(lines, cpus_before_);
    cpus_before_ = std::move(lines);
    cpu.times = cpus_before_.all;
    cpu.cores = cpus_before_.cores;
  }
  if (const auto text = files_->text_of(files_->loadavg)) {
    if (const auto load = parse_load(*text)) {
      cpu.load_averages = load->averages;
      cpu.threads = load->threads;
    }
  }
  cpu.processes = process_count_.read(now, cpu.threads);
  sensors_.start(now, cpu.cores);
}

void HostReader::read_memory(MemoryFacts& memory, SteadyTime now) {
  if (const auto text = files_->text_of(files_->meminfo)) {
    memory = parse_meminfo(*text);
  }
  if (memory_limit_schedule_.take_turn(now)) {
    memory_limit_ = OwnMemoryLimit::find(root_);
  }
  memory_limit_.read(memory);
}

bool HostReader::is_disk(const std::string& name) {
  const auto [entry, is_new] = is_disk_.try_emplace(name);
  if (is_new) {
    std::error_code failed;
    entry->second = std::filesystem::exists(root_ / "sys/block" / name / "device", failed);
  }
  return entry->second;
}

std::optional<std::vector<DiskFacts>> HostReader::read_disks() {
  std::error_code failed;
  const auto text = files_->text_of(files_->diskstats);
  if (!text || text->empty() ||
      (is_disk_.empty() && !std::filesystem::exists(root_ / "sys/block", failed))) {
    return std::nullopt;  // which of them are disks is not to be told
  }
  return whole_disks(parse_diskstats(*text),
                     [this](const std::string& name) { return is_disk(name); });
}

std::optional<std::vector<InterfaceFacts>> HostReader::read_interfaces() {
  const auto text = files_->text_of(files_->net_dev);
  return text ? std::optional(interfaces_.pick(parse_interfaces(*text))) : std::nullopt;
}

SystemInfo HostReader::system_info() const {
  SystemInfo info = read_system_info(root_);
  info.disk_total_bytes = disk_total_bytes_;
  return info;
}

}  // namespace wemol::host
