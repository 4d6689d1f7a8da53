#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "task_source.h"

namespace boost::asio {
class io_context;
}  // namespace boost::asio

namespace wemol::serve {

/// Reads the recorder's socket in the thread that runs the io_context. Where it is not there, or
/// ends, it is tried again after 1 s, then 2 s, up to 30 s. Nobody waits for it.
class SnapshotSubscriber : public TaskSource {
 public:
  struct Bounds {
    std::size_t line_bytes = std::size_t{16} << 20;
    std::chrono::milliseconds first_retry{1000};
    std::chrono::milliseconds longest_retry{30000};
  };

  SnapshotSubscriber(boost::asio::io_context& context, std::filesystem::path path, Bounds bounds);
  ~SnapshotSubscriber() override;

  [[nodiscard]] const std::optional<PublishedTasks>& newest() const override;
  [[nodiscard]] const std::string& problem() const override;

 private:
  class Link;
  std::shared_ptr<Link> link_;
};

}  // namespace wemol::serve
