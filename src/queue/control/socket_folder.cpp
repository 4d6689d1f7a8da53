#include "socket_folder.h"

#include <fcntl.h>

#include <cerrno>
#include <cstring>

#include <fmt/format.h>

namespace wemol::queue {
namespace {

constexpr const char* kName = "control.sock";

}  // namespace

Result<SocketFolder> SocketFolder::open(const std::filesystem::path& folder) {
  UniqueFd fd(::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!fd) {
    const int code = errno;
    return failure(fmt::format("{}: {}", folder.string(), strerror(code)), code);
  }
  return SocketFolder(std::move(fd), folder / kName);
}

std::filesystem::path SocketFolder::short_path() const {
  return fmt::format("/proc/self/fd/{}/{}", folder_.get(), kName);
}

}  // namespace wemol::queue
