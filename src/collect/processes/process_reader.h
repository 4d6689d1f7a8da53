#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include <wemol/host_facts.h>
#include <wemol/result.h>

#include "clock.h"
#include "patient_asker.h"
#include "process_files.h"

namespace wemol {

/// Lists all processes, with one small file for each, stat. A command line is read when a process
/// is new, when its name changes, once more with the next list (it may have been between fork and
/// exec), and then seldom, in a thread: a process whose memory is locked in a driver answers when
/// the driver does.
///
/// Processes that end meanwhile, and those that are not ours to see, are left out. Not for use by
/// several threads at once.
class ProcessReader {
 public:
  static constexpr std::chrono::seconds kRestsAfter{10};
  static constexpr std::chrono::seconds kRestingEvery{5};
  /// Some programs write over their command line to show what they do.
  static constexpr std::chrono::minutes kDetailsLastFor{5};
  /// For the command lines of new processes.
  static constexpr std::chrono::milliseconds kWait{50};

  /// The text of a process's cmdline, which may hang.
  using ReadCommandLine = std::function<std::string(std::uint64_t pid)>;

  enum class CommandLines { read, left_out };

  explicit ProcessReader(const std::filesystem::path& proc = "/proc",
                         CommandLines command_lines = CommandLines::read);
  /// No function: without command lines.
  ProcessReader(std::filesystem::path proc, ReadCommandLine read_command_line);
  ProcessReader(const ProcessReader&) = delete;
  ProcessReader& operator=(const ProcessReader&) = delete;
  ~ProcessReader();

  /// Fails when /proc cannot be listed.
  [[nodiscard]] Result<ProcessList> read(const Clock& clock);

 private:
  class Folder;
  struct Entry;  ///< of the folder
  /// What is kept of a process from list to list.
  struct Known {
    ProcessFacts facts;
    std::string raw_name;
    std::uint64_t inode = 0;  ///< of its folder: another one, another process
    SteadyTime busy_at;       ///< it has used CPU, or was new
    SteadyTime details_due;
    std::uint64_t seen_in = 0;
  };
  /// Names a process for good.
  struct Identity {
    std::uint64_t pid = 0;
    std::uint64_t start_ticks = 0;
    // NOLINTNEXTLINE(modernize-use-nullptr): it means the 0 in what the compiler makes of this
    friend auto operator<=>(const Identity&, const Identity&) = default;
  };

  [[nodiscard]] bool is_resting(const Known& known, SteadyTime now) const;
  [[nodiscard]] bool update(Known& known, const Entry& entry, SteadyTime now);
  [[nodiscard]] bool update_details(Known& known, const ProcessStat& stat, const Entry& entry,
                                    bool is_new);
  void add_command_lines(std::vector<ProcessFacts>& processes);
  void set_boot_time(const Clock& clock);

  std::unique_ptr<Folder> folder_;
  const bool reads_command_lines_;
  PatientAsker<Identity, std::string> command_lines_;
  std::vector<Identity> to_ask_;
  bool is_any_new_ = false;
  std::unordered_map<std::uint64_t, Known> known_;  ///< by pid
  std::uint64_t round_ = 0;
  std::optional<SteadyTime> last_list_;
  std::uint64_t rounds_of_rest_ = 1;  ///< lists in kRestingEvery
  std::optional<std::chrono::system_clock::time_point> booted_at_;
  std::uint64_t ticks_per_second_;
  std::uint64_t page_bytes_;
};

}  // namespace wemol
