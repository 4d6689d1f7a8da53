#pragma once

#include <memory>

#include "history.h"
#include "history_file.h"

namespace wemol::hub {

/// The history in its file, with the thread that owns it.
///
/// A sample is on the disk a second after write() at the latest, unless the disk takes longer or
/// none: then up to 64 MiB of samples wait, the oldest go first, and conditions() says so. What has
/// waited is written in order when it works again.
class SqliteHistory : public History {
 public:
  /// An error when the file cannot be opened.
  [[nodiscard]] static Result<std::unique_ptr<SqliteHistory>> open(HistorySettings settings,
                                                                   const Clock& clock);
  /// Writes what waits.
  ~SqliteHistory() override;

  void write(HistorySample sample) override;
  void query(HistoryQuery query, Done done) override;
  void forget(std::string host) override;
  [[nodiscard]] Conditions conditions() const override;

  /// Waits until all that was written before is on the disk, or could not be put there.
  void flush();

 private:
  class Thread;

  explicit SqliteHistory(std::unique_ptr<Thread> thread);

  std::unique_ptr<Thread> thread_;
};

}  // namespace wemol::hub
