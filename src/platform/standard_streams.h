#pragma once

namespace wemol {

/// Opens /dev/null for each of the standard streams that was closed when the program was started
/// (`2>&-`). Otherwise a CSV could get the number of standard error, and the log lines with it.
void open_missing_standard_streams();

}  // namespace wemol
