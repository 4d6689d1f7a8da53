#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>

#include <wemol/result.h>

namespace boost::asio {
class io_context;
}  // namespace boost::asio

namespace wemol::agent {

/// Calls `ended` once when the process has ended; by a pidfd, which a pid that is used again does
/// not deceive.
class ParentWatch {
 public:
  [[nodiscard]] static Result<ParentWatch> start(boost::asio::io_context& context, pid_t pid,
                                                 std::function<void()> ended);
  ParentWatch(ParentWatch&&) noexcept;
  ParentWatch& operator=(ParentWatch&&) noexcept;
  ~ParentWatch();

 private:
  struct Watched;
  explicit ParentWatch(std::shared_ptr<Watched> watched);

  std::shared_ptr<Watched> watched_;
};

}  // namespace wemol::agent
