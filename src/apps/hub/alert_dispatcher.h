#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>

#include <wemol/condition.h>

#include "alert_engine.h"

namespace wemol::hub {

/// Sends what the alert rules say: webhooks by the io_context, commands as children of a thread
/// of its own, since their event loop is another one than the server's.
class AlertDispatcher {
 public:
  explicit AlertDispatcher(boost::asio::io_context& context);
  /// Commands that run are ended.
  ~AlertDispatcher();
  AlertDispatcher(const AlertDispatcher&) = delete;
  AlertDispatcher& operator=(const AlertDispatcher&) = delete;

  void send(const AlertNotice& notice, const AlertRule& rule);
  /// What could not be sent lately.
  [[nodiscard]] Conditions conditions() const;

 private:
  class Thread;
  std::shared_ptr<Thread> thread_;
};

}  // namespace wemol::hub
