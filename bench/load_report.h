#pragma once

#include <cstddef>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace wemol::bench {

struct LoadShape {
  unsigned gpus = 8;
  unsigned processes = 200;
  double interval_seconds = 5;
};

/// A host's report as a whole HTTP request. It is made once, by the agent's own code; for each
/// sending only digits of the figures that move are changed, where they stand.
class LoadReport {
 public:
  LoadReport(std::string_view host, std::string_view token, std::string_view authority,
             const LoadShape& shape, unsigned seed);

  /// The next one to send. Good until the next call.
  const std::string& next();
  [[nodiscard]] std::size_t body_bytes() const { return body_bytes_; }

 private:
  std::string request_;
  std::vector<std::size_t> moving_;  ///< places of digits
  std::size_t body_bytes_ = 0;
  std::minstd_rand random_;
};

}  // namespace wemol::bench
