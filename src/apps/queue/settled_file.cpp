#include "settled_file.h"

#include <sys/stat.h>

#include <utility>

namespace wemol::queue {

SettledFile::SettledFile(std::filesystem::path path)
    : path_(std::move(path)), read_(signature()), last_seen_(read_) {}

SettledFile::Change SettledFile::look() {
  const auto now = signature();
  const auto before = std::exchange(last_seen_, now);
  if (!now || now == read_) {
    return Change::none;
  }
  if (now != before) {
    return Change::settling;
  }
  read_ = now;
  return Change::settled;
}

std::optional<SettledFile::Signature> SettledFile::signature() const {
  struct stat status {};
  if (stat(path_.c_str(), &status) != 0) {
    return std::nullopt;
  }
  constexpr std::int64_t kNanoseconds = 1'000'000'000;
  return Signature(status.st_dev, status.st_ino, status.st_size,
                   status.st_mtim.tv_sec * kNanoseconds + status.st_mtim.tv_nsec);
}

}  // namespace wemol::queue
