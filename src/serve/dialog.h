#pragma once

#include <string>
#include <string_view>

#include "http_message.h"

namespace wemol::serve {

/// The server's end of a WebSocket: what one says to its client.
class Talk {
 public:
  Talk() = default;
  Talk(const Talk&) = delete;
  Talk& operator=(const Talk&) = delete;
  virtual ~Talk() = default;

  /// Sends it behind what is on its way. A client that does not read fast enough is dropped.
  virtual void say(Text text) = 0;
  /// Something is still on its way.
  [[nodiscard]] virtual bool is_busy() const = 0;
  /// With a code of RFC 6455, and up to 123 bytes of reason.
  virtual void hang_up(unsigned code, const std::string& reason) = 0;
};

/// Talks with one WebSocket client. All in the server's thread; each call returns at once.
class Dialog {
 public:
  Dialog() = default;
  Dialog(const Dialog&) = delete;
  Dialog& operator=(const Dialog&) = delete;
  virtual ~Dialog() = default;

  /// `talk` is good until ended().
  virtual void begun(Talk& talk) = 0;
  /// A whole message.
  virtual void heard(std::string_view message) = 0;
  /// What was to be said is said: the moment for more.
  virtual void said() {}
  /// Once, after begun().
  virtual void ended() = 0;
};

}  // namespace wemol::serve
