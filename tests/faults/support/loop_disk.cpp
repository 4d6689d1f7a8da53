#include "loop_disk.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <fstream>
#include <string>
#include <utility>

#include "process.h"

namespace wemol::faults {
namespace {

namespace fs = std::filesystem;
using e2e::run_command;

void control(const fs::path& folder, unsigned long request) {
  const int fd = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  ioctl(fd, request, 0);
  close(fd);
}

}  // namespace

LoopDisk::LoopDisk(const fs::path& image, fs::path where)
    : image_(image), where_(std::move(where)) {
  e2e::write_text(image_, "");
  fs::resize_file(image_, 16U << 20U);
  fs::create_directories(where_);
  available_ = run_command({"/usr/sbin/mkfs.ext4", "-q", "-F", image_}).status == 0 && mount();
}

LoopDisk::LoopDisk(Existing, fs::path image, fs::path where)
    : image_(std::move(image)), where_(std::move(where)) {
  fs::create_directories(where_);
  run_command({"/usr/sbin/e2fsck", "-p", image_});
  available_ = mount();
}

LoopDisk::~LoopDisk() {
  if (available_) {
    thaw();
    static_cast<void>(unmount());
  }
}

bool LoopDisk::mount() const {
  return run_command({"/usr/bin/mount", "-o", "loop,errors=remount-ro", image_, where_}).status ==
         0;
}

bool LoopDisk::unmount() const {
  return run_command({"/usr/bin/umount", where_}).status == 0;
}

void LoopDisk::freeze() const {
  control(where_, FIFREEZE);
}

void LoopDisk::thaw() const {
  control(where_, FITHAW);
}

void LoopDisk::meet_an_error() const {
  const int fd = open(where_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  syncfs(fd);
  close(fd);
  std::ifstream mounts("/proc/self/mounts");
  for (std::string device, target, rest; mounts >> device >> target;) {
    std::getline(mounts, rest);
    if (target == where_) {
      e2e::write_text("/sys/fs/ext4/" + fs::path(device).filename().string() + "/trigger_fs_error",
                      "by the tests");
    }
  }
}

std::unique_ptr<LoopDisk> LoopDisk::after_power_cut(const fs::path& image, fs::path where) const {
  constexpr int kMostTries = 100;
  // Of one moment when nothing was written from the first byte of the one to the last of the other.
  std::string before;
  std::string now = e2e::read_text(image_);
  for (int tries = 0; now != before; ++tries) {
    if (tries == kMostTries) {
      return nullptr;
    }
    before = std::exchange(now, e2e::read_text(image_));
  }
  e2e::write_text(image, now);
  return std::unique_ptr<LoopDisk>(new LoopDisk(Existing{}, image, std::move(where)));
}

bool LoopDisk::repair() {
  if (!unmount()) {
    return false;
  }
  // Who has made a mount namespace meanwhile, such as another test's engine for a container, may
  // hold the broken one for a while: only a copy is sure to be free.
  sync();
  const fs::path copy = image_.string() + "-repaired";
  fs::copy_file(image_, copy);
  image_ = copy;
  run_command({"/usr/sbin/e2fsck", "-p", image_});
  return mount();
}

}  // namespace wemol::faults
