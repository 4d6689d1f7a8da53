#include "proxy.h"

#include <string_view>

#include "text.h"

namespace wemol::serve {
namespace {

/// Without the brackets and the port with which some proxies write it.
std::string bare_address(std::string_view text) {
  text = trimmed(text);
  if (text.starts_with('[')) {
    return std::string(text.substr(1, text.find(']') - 1));
  }
  const std::size_t colon = text.find(':');
  const bool is_v6 = colon != text.rfind(':');
  return std::string(is_v6 ? text : text.substr(0, colon));
}

/// All headers of that name as one list, as HTTP has it.
std::string joined(const Headers& headers, std::string_view name) {
  std::string list;
  for (const auto& [key, value] : headers) {
    if (is_same_header(key, name)) {
      list += (list.empty() ? "" : ",") + value;
    }
  }
  return list;
}

std::string_view last_of(std::string_view list) {
  const std::size_t comma = list.rfind(',');
  return trimmed(comma == std::string_view::npos ? list : list.substr(comma + 1));
}

/// Each proxy writes behind the others whom it has heard; what stands before the first that is
/// unknown to us anybody may have written.
std::string client_of(const ProxyRules& rules, const Request& request) {
  std::string client = request.peer;
  std::string list = joined(request.headers, "X-Forwarded-For");
  while (contains(rules.proxies, client) && !trimmed(list).empty()) {
    client = bare_address(last_of(list));
    const std::size_t comma = list.rfind(',');
    list.resize(comma == std::string::npos ? 0 : comma);
  }
  return client;
}

}  // namespace

void apply_proxy(const ProxyRules& rules, Request& request) {
  request.client = request.peer;
  request.host = request.header("Host");
  if (contains(rules.proxies, request.peer)) {
    request.client = client_of(rules, request);
    const std::string protocol = joined(request.headers, "X-Forwarded-Proto");
    request.is_secure = request.is_secure || last_of(protocol) == "https";
    if (const std::string host = joined(request.headers, "X-Forwarded-Host"); !host.empty()) {
      request.host = last_of(host);
    }
  }
  std::string& path = request.target.path;
  // The base path alone stays: whoever serves pages leads from there to the one with a slash.
  if (!rules.base_path.empty() && path.starts_with(rules.base_path + '/')) {
    path.erase(0, rules.base_path.size());
  }
}

}  // namespace wemol::serve
