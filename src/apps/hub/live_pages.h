#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

#include "host_table.h"
#include "router.h"

namespace wemol::hub {

/// Pages that are told of changes as they come: /api/live. Each client has one message on its way
/// at most; what changes meanwhile is in the next one, so a slow page only gets fewer of them.
class LivePages {
 public:
  /// Whether the client of a request may still read: asked now and then.
  using MayRead = std::function<bool()>;

  LivePages(boost::asio::io_context& context, const HostTable& table,
            std::chrono::milliseconds shortest_pause);
  ~LivePages();
  LivePages(const LivePages&) = delete;
  LivePages& operator=(const LivePages&) = delete;

  [[nodiscard]] serve::Subscription subscribe(MayRead may_read);
  /// The table has changed.
  void changed();
  /// To be called now and then: hangs up on those who may no longer read.
  void look();
  [[nodiscard]] std::size_t clients() const;

 private:
  class Page;
  struct Pages;
  void tell_all();

  std::shared_ptr<Pages> pages_;
  boost::asio::steady_timer timer_;
  std::chrono::milliseconds pause_;
  bool is_due_ = false;
};

}  // namespace wemol::hub
