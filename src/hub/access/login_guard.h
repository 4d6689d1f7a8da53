#pragma once

#include <chrono>
#include <map>
#include <string>
#include <string_view>

#include "time_points.h"

namespace wemol::hub {

/// Who guesses passwords waits. An address waits longer with each wrong one; a user's name, which
/// anybody could use to lock its owner out, only a few seconds.
class LoginGuard {
 public:
  /// How long this one has to wait before it may try; 0: it may. Of IPv6 a network (/64) counts as
  /// one address.
  [[nodiscard]] SteadyTime::duration wait(std::string_view address, std::string_view user,
                                          SteadyTime now) const;
  void failed(std::string_view address, std::string_view user, SteadyTime now);
  void succeeded(std::string_view address, std::string_view user);

 private:
  struct Record {
    int failures = 0;
    SteadyTime until;
    SteadyTime last;
  };
  using Records = std::map<std::string, Record, std::less<>>;
  static void note(Records& records, std::string key, SteadyTime::duration longest, SteadyTime now);

  Records addresses_;
  Records users_;
};

}  // namespace wemol::hub
