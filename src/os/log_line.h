#pragma once

#include <string_view>

#include <wemol/condition.h>

namespace wemol {

/// Takes a line for the log; must not throw.
using LogSink = void (*)(Severity severity, std::string_view line);

/// Where log_line() goes, in the whole process. None until it is set: in a library that lives in
/// somebody else's program nothing is logged.
void set_log_sink(LogSink sink);

/// Says something of the parts that programs and libraries share.
void log_line(Severity severity, std::string_view line);

}  // namespace wemol
