#include "log_line.h"

#include <atomic>

namespace wemol {
namespace {

std::atomic<LogSink> log_sink = nullptr;

}  // namespace

void set_log_sink(LogSink sink) {
  log_sink = sink;
}

void log_line(Severity severity, std::string_view line) {
  if (const LogSink sink = log_sink) {
    sink(severity, line);
  }
}

}  // namespace wemol
