#pragma once

#include <memory>

#include <wemol/source.h>

#include "command_runner.h"
#include "event_loop.h"
#include "files.h"
#include "options.h"

namespace wemol {

/// A source with all that it needs.
class SourceSetup : public Source {
 public:
  /// Waits for what the first round needs, --command-timeout at most.
  virtual void prepare() {}
  /// Between two rounds: takes over those settings that count while it runs.
  virtual void change(const Options& options) = 0;
};

/// The source that the options name.
[[nodiscard]] std::unique_ptr<SourceSetup> make_source(const Options& options, EventLoop& loop,
                                                       const FileReader& files,
                                                       CommandRunner& runner);

}  // namespace wemol
