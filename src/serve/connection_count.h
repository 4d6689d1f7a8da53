#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <utility>

namespace wemol::serve {

struct ConnectionLimits {
  std::size_t all = 2000;
  std::size_t per_client = 100;  ///< for other hosts only: all users of this one share an address
};

enum class Admission { granted, too_many, too_many_of_client };

/// Counts connections, in all and by client.
class ConnectionCount {
 public:
  explicit ConnectionCount(ConnectionLimits limits) : limits_(limits) {}

  /// An empty client is this host itself. What is granted has to be given back by leave().
  [[nodiscard]] Admission enter(const std::string& client) {
    if (all_ >= limits_.all) {
      return Admission::too_many;
    }
    if (!client.empty()) {
      std::size_t& count = by_client_[client];
      if (count >= limits_.per_client) {
        return Admission::too_many_of_client;
      }
      ++count;
    }
    ++all_;
    return Admission::granted;
  }

  void leave(const std::string& client) {
    --all_;
    const auto found = by_client_.find(client);
    if (found != by_client_.end() && --found->second == 0) {
      by_client_.erase(found);
    }
  }

  [[nodiscard]] std::size_t all() const { return all_; }

 private:
  ConnectionLimits limits_;
  std::size_t all_ = 0;
  std::map<std::string, std::size_t, std::less<>> by_client_;
};

}  // namespace wemol::serve
