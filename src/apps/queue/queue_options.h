#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "card_locks.h"
#include "command_line.h"
#include "job.h"

namespace wemol::queue {

enum class QueueCommand { run, status, add, cancel, retry, skip, hold, release, log, check, wait };

/// What the program is told to do, checked and complete.
struct QueueOptions {
  QueueCommand command = QueueCommand::status;
  std::filesystem::path config = "config.yaml";  ///< absolute
  bool is_config_named = false;                  ///< else it need not be there
  std::filesystem::path state_dir;               ///< absolute
  bool verbose = false;

  std::filesystem::path command_file;  ///< run: absolute; check: as given
  bool is_command_file_named = false;
  bool keep_running = false;
  bool skip_bad = false;
  bool again = false;
  std::filesystem::path lock_dir = kLockFolder;

  bool as_json = false;
  bool watch = false;
  bool all = false;
  bool follow = false;

  JobSpec spec;             ///< of add
  std::vector<JobId> jobs;  ///< of cancel, retry, skip, log: one; of wait: any number
  std::string queue;        ///< of hold and release
};

/// Reads flags and environment (WEMOL_QUEUE_CONFIG, …).
[[nodiscard]] tl::expected<QueueOptions, EarlyExit> parse_queue_options(int argc,
                                                                        const char* const* argv);

}  // namespace wemol::queue
