#pragma once

#include <memory>

#include <wemol/sink.h>
#include <wemol/source.h>

#include "clock.h"
#include "options.h"

namespace wemol {

/// The ledger, which goes on with the runs that the recorder before has left open. The source is
/// told of them, so that it states how those have ended that are over by now.
[[nodiscard]] std::unique_ptr<Sink> make_ledger(const Options& options, Source& source,
                                                const Clock& clock);

}  // namespace wemol
