#include "parent_watch.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "files.h"

namespace wemol::agent {

struct ParentWatch::Watched {
  explicit Watched(boost::asio::io_context& context) : descriptor(context) {}
  boost::asio::posix::stream_descriptor descriptor;
};

ParentWatch::ParentWatch(std::shared_ptr<Watched> watched) : watched_(std::move(watched)) {}
ParentWatch::ParentWatch(ParentWatch&&) noexcept = default;
ParentWatch& ParentWatch::operator=(ParentWatch&&) noexcept = default;

ParentWatch::~ParentWatch() {
  if (watched_) {
    boost::system::error_code ignored;
    watched_->descriptor.close(ignored);
  }
}

Result<ParentWatch> ParentWatch::start(boost::asio::io_context& context, pid_t pid,
                                       std::function<void()> ended) {
  UniqueFd fd(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  if (!fd) {
    const int code = errno;
    return failure(
        code == ESRCH || code == EINVAL
            ? fmt::format("--parent-pid: there is no process {}", pid)
            : fmt::format("--parent-pid: process {} cannot be watched: {}", pid, strerror(code)),
        code);
  }
  auto watched = std::make_shared<Watched>(context);
  watched->descriptor.assign(fd.release());
  watched->descriptor.async_wait(
      boost::asio::posix::descriptor_base::wait_read,
      [watched, ended = std::move(ended)](boost::system::error_code cancelled) {
        if (!cancelled) {
          ended();
        }
      });
  return ParentWatch(std::move(watched));
}

}  // namespace wemol::agent
