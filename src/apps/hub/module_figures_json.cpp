#include "module_figures_json.h"

#include <utility>

#include "report_text.h"

namespace wemol::hub {

Result<std::string> module_figures_json(const std::filesystem::path& folder, WallTime now) {
  report::ReportOptions options;
  options.command = report::Command::modules;
  options.folder = folder;
  options.format = report::Format::json;
  options.threads = 1;  // the hub has others to serve
  auto report = report::report_text(options, now, {}, {});
  if (!report) {
    return tl::make_unexpected(std::move(report.error()));
  }
  return std::move(report->text);
}

}  // namespace wemol::hub
