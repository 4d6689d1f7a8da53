#include "hub_url.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "listen_address.h"
#include "text.h"

namespace wemol::hub_client {
namespace {

constexpr std::uint16_t kHttpsPort = 443;
constexpr std::uint16_t kHubPort = 7864;
constexpr std::uint16_t kHttpPort = 80;
constexpr std::size_t kLongest = 1024;

constexpr std::string_view kTakes = "http://HOST[:PORT][/PATH] or https://…";

bool is_host(std::string_view host) {
  constexpr std::string_view kAllowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
  return !host.empty() && host.find_first_not_of(kAllowed) == std::string_view::npos;
}

bool is_v6(std::string_view host) {
  constexpr std::string_view kAllowed = "0123456789abcdefABCDEF:.";
  return std::ranges::count(host, ':') >= 2 &&
         host.find_first_not_of(kAllowed) == std::string_view::npos;
}

/// "host", "host:80", "[::1]:80".
bool take_authority(std::string_view text, HubUrl& url) {
  std::optional<std::string_view> port;
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    url.host = text.substr(1, end == std::string_view::npos ? 0 : end - 1);
    const std::string_view rest =
        end == std::string_view::npos ? std::string_view("?") : text.substr(end + 1);
    if (!is_v6(url.host) || !(rest.empty() || rest.starts_with(':'))) {
      return false;
    }
    port = rest.empty() ? std::nullopt : std::optional(rest.substr(1));
  } else {
    const std::size_t colon = text.find(':');
    url.host = text.substr(0, colon);
    port = colon == std::string_view::npos ? std::nullopt : std::optional(text.substr(colon + 1));
    if (!is_host(url.host)) {
      return false;
    }
  }
  const auto number =
      port ? parse_number<std::uint16_t>(*port) : std::optional(url.is_tls ? kHttpsPort : kHubPort);
  url.port = number.value_or(0);
  return url.port != 0;
}

bool is_path(std::string_view path) {
  return std::ranges::all_of(path, [](char c) { return c > ' ' && c <= '~'; }) &&
         path.find_first_of("?#\"<>\\^`{|}") == std::string_view::npos;
}

}  // namespace

std::string HubUrl::authority() const {
  const std::uint16_t usual = is_tls ? kHttpsPort : kHttpPort;
  return port == usual ? bracketed() : fmt::format("{}:{}", bracketed(), port);
}

std::string HubUrl::text() const {
  return is_tls ? fmt::format("https://{}{}", authority(), base_path)
                : fmt::format("http://{}:{}{}", bracketed(), port, base_path);
}

std::string HubUrl::bracketed() const {
  return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

bool HubUrl::is_loopback() const {
  return host == "localhost" || serve::is_loopback_address(host);
}

Result<HubUrl> parse_hub_url(std::string_view text) {
  HubUrl url;
  std::string_view rest = text;
  for (const auto& [scheme, is_tls] : {std::pair(std::string_view("http://"), false),
                                       std::pair(std::string_view("https://"), true)}) {
    if (rest.starts_with(scheme)) {
      url.is_tls = is_tls;
      rest.remove_prefix(scheme.size());
      break;
    }
  }
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  std::string_view path = rest.substr(slash);
  while (path.ends_with('/')) {
    path.remove_suffix(1);
  }
  if (rest.size() == text.size() || text.size() > kLongest ||
      !take_authority(rest.substr(0, slash), url) || !is_path(path)) {
    return failure(fmt::format("takes {}, not \"{}\"", kTakes, printable(text)));
  }
  url.base_path = path;
  return url;
}

}  // namespace wemol::hub_client
