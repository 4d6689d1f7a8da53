#pragma once

#include <memory>

#include <wemol/source.h>

#include "command_runner.h"
#include "event_loop.h"
#include "files.h"
#include "options.h"

namespace wemol {

/// The source of `--source native` with all that it needs.
[[nodiscard]] std::unique_ptr<Source> make_native_source(const Options& options, EventLoop& loop,
                                                         const FileReader& files,
                                                         CommandRunner& runner);

}  // namespace wemol
