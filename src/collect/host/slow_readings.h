#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <wemol/host_facts.h>

#include "core_sensors.h"
#include "disk_files.h"
#include "patient_asker.h"
#include "time_points.h"

namespace wemol::host {

/// Of a file system, as statvfs() has it.
struct Space {
  std::uint64_t total_bytes = 0;
  std::uint64_t used_bytes = 0;
  std::uint64_t available_bytes = 0;
};
/// The space behind a mount point; may hang. Nothing: it cannot be asked.
using SpaceOf = std::function<std::optional<Space>(const std::string& mount_point)>;

/// What statvfs() says below `root`.
[[nodiscard]] SpaceOf space_below(const std::filesystem::path& root);

/// Tells when something that is done seldom is due; at once at first.
class Schedule {
 public:
  explicit Schedule(std::chrono::nanoseconds every) : every_(every) {}
  [[nodiscard]] bool take_turn(SteadyTime now) {
    const bool is_due = !last_ || now - *last_ >= every_;
    last_ = is_due ? now : last_;
    return is_due;
  }

 private:
  std::chrono::nanoseconds every_;
  std::optional<SteadyTime> last_;
};

/// How long the first answers are waited for, and later ones: those that come later are in the next
/// reading.
constexpr std::chrono::milliseconds kFirstWait(200);
constexpr std::chrono::milliseconds kLaterWait(20);

/// The file systems and their space, asked in a thread, for a server that is away does not answer.
/// One that has not answered until its next turn is left out until it does.
class FileSystemReader {
 public:
  /// Space changes by what the disks write in a while; each costs a walk along its path, and the
  /// list of mounts some 100 µs where there are many containers.
  static constexpr std::chrono::seconds kEvery{10};

  FileSystemReader(std::filesystem::path root, SpaceOf space_of);

  /// Starts to ask when it is time to.
  void start(SteadyTime now);
  /// As far as they are known. Absent: the mounts cannot be read, or nothing has answered yet.
  [[nodiscard]] std::optional<std::vector<FileSystemFacts>> newest();

 private:
  [[nodiscard]] bool is_borrowed(std::string_view device) const;

  std::filesystem::path root_;
  Schedule schedule_{kEvery};
  PatientAsker<std::string, std::optional<Space>> asker_;
  std::optional<std::vector<MountedFileSystem>> mounted_;
  std::map<std::string, Space> spaces_;  ///< by mount point
  bool has_just_asked_ = false;
  bool has_waited_ = false;
};

/// Frequencies and temperatures, asked in a thread: a kernel before 5.18 takes up to 10 ms for each
/// CPU's frequency.
class SensorReader {
 public:
  /// Each reading takes an interrupt on the CPU that is asked about. coretemp itself reads the
  /// hardware once a second at most.
  static constexpr std::chrono::seconds kEvery{5};

  explicit SensorReader(std::filesystem::path root);

  void start(SteadyTime now, const std::vector<CoreFacts>& cores);
  /// Adds what is known to the CPUs.
  void add_newest(CpuFacts& cpu);

 private:
  struct Readings {
    std::vector<CoreFrequency> frequencies;
    CpuTemperatures temperatures;
  };
  struct Plan {
    std::vector<unsigned> cpus;
    std::vector<CorePlace> places;
  };

  std::filesystem::path root_;
  Schedule schedule_{kEvery};
  std::shared_ptr<const Plan> plan_;
  PatientAsker<std::shared_ptr<const Plan>, Readings> asker_;
  Readings newest_;
  bool has_just_asked_ = false;
  bool has_waited_ = false;
};

/// Counts the processes of the host without listing them: /proc has a link for each one.
class ProcessCount {
 public:
  explicit ProcessCount(std::filesystem::path proc) : proc_(std::move(proc)) {}
  /// `threads`, of which each process has one at least, tells whether the kernel's links can be
  /// meant.
  [[nodiscard]] std::optional<std::uint64_t> read(SteadyTime now,
                                                  std::optional<std::uint64_t> threads);

 private:
  struct Listing {
    std::uint64_t processes = 0;
    std::uint64_t other_folders = 0;
  };
  [[nodiscard]] std::optional<Listing> list() const;

  std::filesystem::path proc_;
  Schedule schedule_{std::chrono::minutes(1)};  ///< modules bring folders of their own, seldom
  std::optional<std::uint64_t> other_folders_;
};

}  // namespace wemol::host
