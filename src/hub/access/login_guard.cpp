#include "login_guard.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <utility>

namespace wemol::hub {
namespace {

using namespace std::chrono_literals;

constexpr int kFreeFailures = 3;
constexpr SteadyTime::duration kFirstWait = 1s;
constexpr SteadyTime::duration kLongestForAddress = 15min;
constexpr SteadyTime::duration kLongestForUser = 5s;
constexpr SteadyTime::duration kForgottenAfter = 1h;
constexpr std::size_t kMostRecords = 10'000;
constexpr std::size_t kLongestKey = 64;

/// Whoever has one address of IPv6 has a network of them.
std::string network_of(std::string_view address) {
  std::string text(address);
  in6_addr parsed{};
  if (inet_pton(AF_INET6, text.c_str(), &parsed) != 1) {
    return text;
  }
  if (IN6_IS_ADDR_V4MAPPED(&parsed)) {
    std::array<char, INET_ADDRSTRLEN> v4{};
    inet_ntop(AF_INET, &parsed.s6_addr[12], v4.data(), v4.size());
    return v4.data();
  }
  constexpr std::size_t kNetworkBytes = 8;
  std::fill(std::begin(parsed.s6_addr) + kNetworkBytes, std::end(parsed.s6_addr), 0);
  std::array<char, INET6_ADDRSTRLEN> network{};
  inet_ntop(AF_INET6, &parsed, network.data(), network.size());
  return network.data();
}

template <typename Records>
SteadyTime::duration left(const Records& records, std::string_view key, SteadyTime now) {
  const auto found = records.find(key);
  return found == records.end() ? 0s
                                : std::max<SteadyTime::duration>(found->second.until - now, 0s);
}

}  // namespace

SteadyTime::duration LoginGuard::wait(std::string_view address, std::string_view user,
                                      SteadyTime now) const {
  return std::max(left(addresses_, network_of(address), now),
                  left(users_, user.substr(0, kLongestKey), now));
}

void LoginGuard::failed(std::string_view address, std::string_view user, SteadyTime now) {
  note(addresses_, network_of(address), kLongestForAddress, now);
  note(users_, std::string(user.substr(0, kLongestKey)), kLongestForUser, now);
}

void LoginGuard::succeeded(std::string_view address, std::string_view user) {
  // The address keeps its record: one right password of one's own must not pay for guesses of
  // others'.
  if (const auto found = users_.find(user.substr(0, kLongestKey)); found != users_.end()) {
    users_.erase(found);
  }
  if (const auto found = addresses_.find(network_of(address)); found != addresses_.end()) {
    found->second.failures = std::min(found->second.failures, kFreeFailures);
  }
}

void LoginGuard::note(Records& records, std::string key, SteadyTime::duration longest,
                      SteadyTime now) {
  if (records.size() >= kMostRecords && !records.contains(key)) {
    std::erase_if(records,
                  [&](const auto& entry) { return entry.second.last + kForgottenAfter < now; });
    if (records.size() >= kMostRecords) {
      records.erase(std::ranges::min_element(records, {},
                                             [](const auto& entry) { return entry.second.last; }));
    }
  }
  Record& record = records[std::move(key)];
  if (record.failures > 0 && record.last + kForgottenAfter < now) {
    record = {};
  }
  ++record.failures;
  record.last = now;
  SteadyTime::duration span = 0s;
  if (record.failures >= kFreeFailures) {
    span = kFirstWait;
    for (int i = kFreeFailures; i < record.failures && span < longest; ++i) {
      span *= 2;
    }
  }
  record.until = now + std::min(span, longest);
}

}  // namespace wemol::hub
