#pragma once

#include <memory>
#include <string>

#include <wemol/result.h>

#include "clock.h"
#include "history.h"
#include "hub_options.h"
#include "server_settings.h"
#include "user_store.h"

namespace boost::asio {
class io_context;
}  // namespace boost::asio

namespace wemol::hub {

/// For the server: who may connect, bounds, headers of every answer.
[[nodiscard]] serve::ServerSettings server_settings(const HubOptions& options);

/// Where the past is: the file of its own, or Prometheus.
[[nodiscard]] Result<std::unique_ptr<History>> open_history(const HubOptions& options,
                                                            boost::asio::io_context& context,
                                                            const Clock& clock);

/// What stands against serving with these options; nothing when nothing does.
[[nodiscard]] Result<void> check_exposure(const HubOptions& options, const UserStore& users);

}  // namespace wemol::hub
