#include "slow_readings.h"

#include <sys/stat.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "files.h"
#include "text.h"

namespace wemol::host {
namespace {

constexpr std::size_t kMountsCapBytes = std::size_t{16} << 20;

/// When to stop waiting for what has just been asked.
SteadyTime end_of_wait(bool has_just_asked, bool has_waited) {
  const auto now = std::chrono::steady_clock::now();
  return has_just_asked ? now + (has_waited ? kLaterWait : kFirstWait) : now;
}

}  // namespace

SpaceOf space_below(const std::filesystem::path& root) {
  return [root](const std::string& mount_point) -> std::optional<Space> {
    const auto path = root / std::filesystem::path(mount_point).relative_path();
    struct statvfs status {};
    if (statvfs(path.c_str(), &status) != 0) {
      return std::nullopt;
    }
    const std::uint64_t block = status.f_frsize != 0 ? status.f_frsize : status.f_bsize;
    return Space{
        .total_bytes = status.f_blocks * block,
        .used_bytes = (status.f_blocks - std::min(status.f_bfree, status.f_blocks)) * block,
        .available_bytes = status.f_bavail * block};
  };
}

FileSystemReader::FileSystemReader(std::filesystem::path root, SpaceOf space_of)
    : root_(std::move(root)), asker_(std::move(space_of)) {}

bool FileSystemReader::is_borrowed(std::string_view device) const {
  std::error_code failed;
  const std::string name =
      std::filesystem::read_symlink(root_ / "sys/dev/block" / device, failed).filename();
  return name.starts_with("loop") || name.starts_with("zram") || name.starts_with("ram");
}

void FileSystemReader::start(SteadyTime now) {
  has_just_asked_ = schedule_.take_turn(now);
  if (!has_just_asked_) {
    return;
  }
  const auto mounts = SystemFileReader().read(root_ / "proc/self/mountinfo", kMountsCapBytes);
  mounted_ = std::nullopt;
  if (!mounts) {
    return;
  }
  mounted_ = distinct_file_systems(*mounts,
                                   [this](std::string_view device) { return is_borrowed(device); });
  std::erase_if(spaces_, [this](const auto& entry) {
    return asker_.is_waiting_for(entry.first) ||
           std::ranges::find(*mounted_, entry.first, &MountedFileSystem::mount_point) ==
               mounted_->end();
  });
  // Those of disks first: they answer.
  std::ranges::stable_sort(*mounted_, {}, &MountedFileSystem::is_network);
  std::vector<std::string> mount_points;
  for (const MountedFileSystem& mounted : *mounted_) {
    mount_points.push_back(mounted.mount_point);
  }
  asker_.ask(mount_points);
}

std::optional<std::vector<FileSystemFacts>> FileSystemReader::newest() {
  if (asker_.is_waiting()) {
    for (auto& [mount_point, space] :
         asker_.answers_by(end_of_wait(has_just_asked_, has_waited_))) {
      if (space && space->total_bytes > 0) {
        spaces_.insert_or_assign(mount_point, *space);
      } else {
        spaces_.erase(mount_point);
      }
    }
    has_waited_ = true;
  }
  has_just_asked_ = false;
  if (!mounted_ || (spaces_.empty() && asker_.is_waiting())) {
    return std::nullopt;
  }
  std::vector<FileSystemFacts> facts;
  for (const MountedFileSystem& mounted : *mounted_) {
    if (const auto space = spaces_.find(mounted.mount_point); space != spaces_.end()) {
      facts.push_back({.mount_point = mounted.mount_point,
                       .type = mounted.type,
                       .is_network = mounted.is_network,
                       .pool = mounted.pool,
                       .total_bytes = space->second.total_bytes,
                       .used_bytes = space->second.used_bytes,
                       .available_bytes = space->second.available_bytes});
    }
  }
  return facts;
}

SensorReader::SensorReader(std::filesystem::path root)
    : root_(std::move(root)), asker_([folder = root_](const std::shared_ptr<const Plan>& plan) {
        return Readings{read_frequencies(folder, plan->cpus),
                        temperatures_of(read_processor_sensors(folder), plan->places)};
      }) {}

void SensorReader::start(SteadyTime now, const std::vector<CoreFacts>& cores) {
  std::vector<unsigned> cpus;
  cpus.reserve(cores.size());
  for (const CoreFacts& core : cores) {
    cpus.push_back(core.id);
  }
  if (!plan_ || plan_->cpus != cpus) {
    plan_ = std::make_shared<const Plan>(Plan{std::move(cpus), read_core_places(root_)});
    newest_ = {};
  }
  has_just_asked_ = schedule_.take_turn(now);
  if (has_just_asked_) {
    if (asker_.is_waiting()) {
      newest_ = {};  // the last turn's has not come
    }
    asker_.ask({plan_});
  }
}

void SensorReader::add_newest(CpuFacts& cpu) {
  if (asker_.is_waiting()) {
    for (auto& [plan, readings] : asker_.answers_by(end_of_wait(has_just_asked_, has_waited_))) {
      if (plan == plan_) {
        newest_ = std::move(readings);
      }
    }
    has_waited_ = true;
  }
  has_just_asked_ = false;
  const auto core_of = [&](unsigned id) {
    const auto core = std::ranges::lower_bound(cpu.cores, id, {}, &CoreFacts::id);
    return core != cpu.cores.end() && core->id == id ? &*core : nullptr;
  };
  for (const CoreFrequency& frequency : newest_.frequencies) {
    if (CoreFacts* const core = core_of(frequency.cpu)) {
      core->frequency_mhz = frequency.mhz;
    }
  }
  for (const CoreTemperature& temperature : newest_.temperatures.cores) {
    if (CoreFacts* const core = core_of(temperature.cpu)) {
      core->temperature_celsius = temperature.celsius;
    }
  }
  cpu.temperature_celsius = newest_.temperatures.package_celsius;
}

std::optional<ProcessCount::Listing> ProcessCount::list() const {
  Listing listing;
  std::error_code failed;
  for (std::filesystem::directory_iterator entry(proc_, failed), end; !failed && entry != end;
       entry.increment(failed)) {
    std::error_code gone;
    if (parse_number<std::uint64_t>(entry->path().filename().native())) {
      ++listing.processes;
    } else if (entry->symlink_status(gone).type() == std::filesystem::file_type::directory) {
      ++listing.other_folders;
    }
  }
  return failed ? std::nullopt : std::optional(listing);
}

std::optional<std::uint64_t> ProcessCount::read(SteadyTime now,
                                                std::optional<std::uint64_t> threads) {
  constexpr std::uint64_t kOwnLinks = 2;
  if (schedule_.take_turn(now)) {
    const auto listing = list();
    other_folders_ = listing ? std::optional(listing->other_folders) : std::nullopt;
  }
  struct stat status {};
  if (!other_folders_ || stat(proc_.c_str(), &status) != 0) {
    return std::nullopt;
  }
  const std::uint64_t others = *other_folders_ + kOwnLinks;
  if (status.st_nlink > others && (!threads || status.st_nlink - others <= *threads)) {
    return status.st_nlink - others;
  }
  const auto listing = list();
  return listing ? std::optional(listing->processes) : std::nullopt;
}

}  // namespace wemol::host
