#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <wemol/result.h>

#include "blocking_worker.h"

namespace wemol::web {

using Endpoints = std::vector<boost::asio::ip::tcp::endpoint>;

/// Asks the system for the addresses of a name, which may take as long as it likes, in a thread of
/// its own: a name server that is away holds up neither other names nor the program's end.
class NameLookup {
 public:
  using Done = std::function<void(Result<Endpoints>)>;

  /// Calls `done` in the io_context's thread, if the lookup is still there by then.
  NameLookup(boost::asio::io_context& context, const std::string& host, const std::string& port,
             Done done);
  NameLookup(const NameLookup&) = delete;
  NameLookup& operator=(const NameLookup&) = delete;
  ~NameLookup();

 private:
  struct Mailbox;
  std::shared_ptr<Mailbox> mailbox_;
  BlockingWorker worker_;
};

}  // namespace wemol::web
