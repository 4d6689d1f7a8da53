#include "last_reports_file.h"

#include <sys/types.h>

#include <cstddef>
#include <optional>
#include <utility>

#include <spdlog/spdlog.h>

#include "files.h"
#include "text.h"

namespace wemol::hub {

void LastReportsFile::restore(Moment now) {
  constexpr std::size_t kMost = std::size_t{512} << 20;
  if (const auto text = SystemFileReader().read(path_, kMost)) {
    const std::size_t hosts = restore_reports(*text, now, table_);
    spdlog::info("{} are known from before", counted(hosts, "host"));
  }
  saved_revision_ = table_.revision();
}

void LastReportsFile::save() const {
  (void)write(last_reports(table_));
}

void LastReportsFile::save_by_and_by(Workers& workers) {
  if (std::exchange(saved_revision_, table_.revision()) == table_.revision()) {
    return;
  }
  const auto job = [this, reports = last_reports(table_)] { return write(reports); };
  (void)workers.run(job, [](const std::optional<bool>& /*saved*/) {});
}

bool LastReportsFile::write(const SharedText& reports) const {
  constexpr mode_t kOwnOnly = 0600;
  const auto saved = replace_file(path_, reports.parts(), Durability::by_and_by, kOwnOnly);
  if (!saved) {
    spdlog::error("the newest reports are not saved: {}", saved.error().message);
  }
  return saved.has_value();
}

}  // namespace wemol::hub
