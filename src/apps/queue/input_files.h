#pragma once

#include <optional>

#include <wemol/result.h>

#include "job_book.h"
#include "queue_options.h"
#include "queue_settings.h"
#include "settled_file.h"

namespace wemol::queue {

/// config.yaml and the command file: read at the start, and again when they have changed.
class InputFiles {
 public:
  /// The error is for standard error: a file is missing or wrong.
  [[nodiscard]] static Result<InputFiles> read(const QueueOptions& options);

  [[nodiscard]] const QueueSettings& settings() const { return settings_; }
  /// What start() has to do with the command file as it was read.
  void hand_over(JobBook& book, const Moment& now);

  struct Look {
    bool has_changed = false;  ///< settings or jobs
    bool is_settling = false;  ///< a file is being written: look again soon
  };
  /// `at_once`: also what has not changed, for SIGHUP.
  [[nodiscard]] Look look(JobBook& book, const Moment& now, bool at_once);

 private:
  explicit InputFiles(const QueueOptions& options);

  bool reread_settings();
  bool reread_commands(JobBook& book, const Moment& now);

  QueueOptions options_;
  SettledFile config_;
  SettledFile commands_;
  QueueSettings settings_;
  CommandFileReading reading_;
};

}  // namespace wemol::queue
