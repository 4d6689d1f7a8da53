#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <wemol/source.h>

#include "command_runner.h"
#include "event_loop.h"
#include "files.h"
#include "gpu_reader.h"
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

/// The source of `--source native` with all that it needs.
[[nodiscard]] std::unique_ptr<SourceSetup> make_native_source(const Options& options,
                                                              EventLoop& loop,
                                                              const FileReader& files,
                                                              CommandRunner& runner);

/// How it reads the GPUs of every maker.
[[nodiscard]] std::vector<std::unique_ptr<GpuReader>> make_gpu_readers(const Options& options,
                                                                       EventLoop& loop,
                                                                       const FileReader& files,
                                                                       CommandRunner& runner);

/// How many files it may have open: the hard limit, to which it raises the soft one.
[[nodiscard]] std::uint64_t open_files_at_most();

}  // namespace wemol
