#include "folder_guard.h"

#include <utility>

namespace wemol {

FolderGuard::FolderGuard(std::filesystem::path folder,
                         tl::expected<InstanceLock, InstanceLock::Refusal> lock)
    : folder_(std::move(folder)), lock_(std::move(lock)) {}

Conditions FolderGuard::write(const Snapshot& /*snapshot*/) {
  if (!lock_ || !lock_->is_in_place()) {
    lock_ = InstanceLock::acquire(folder_);
  }
  if (lock_) {
    return {};
  }
  const InstanceLock::Refusal& refusal = lock_.error();
  return {{.key = "output folder not locked",
           .severity = Severity::error,
           .message = refusal.held_by_other
                          ? refusal.message + "; both write their rows until then"
                          : "the output folder cannot be locked against a second recorder: " +
                                refusal.message}};
}

}  // namespace wemol
