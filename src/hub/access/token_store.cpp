#include "token_store.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "report.h"
#include "secret.h"

namespace wemol::hub {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kVersion = 1;

}  // namespace

Result<TokenStore::Hashes> TokenStore::parse(const std::string& content) {
  Hashes hashes;
  if (content.empty()) {
    return hashes;
  }
  const Json json = Json::parse(content, nullptr, false);
  if (!json.is_object() || json.value("version", Json()) != kVersion ||
      !json.value("tokens", Json()).is_object()) {
    return failure("it is not the file of tokens that this program writes");
  }
  for (const auto& [host, hash] : json["tokens"].items()) {
    if (!is_host_name(host) || !hash.is_string()) {
      return failure("it is damaged");
    }
    hashes.emplace(host, hash.get<std::string>());
  }
  return hashes;
}

std::string TokenStore::text_of(const Hashes& hashes) {
  Json json;
  json["version"] = kVersion;
  json["tokens"] = Json::object();
  for (const auto& [host, hash] : hashes) {
    json["tokens"][host] = hash;
  }
  return json.dump(1) + "\n";
}

Result<void> TokenStore::refresh() {
  if (!file_.has_changed()) {
    return {};
  }
  const auto content = file_.read();
  if (!content) {
    file_.ask_again();
    return tl::make_unexpected(content.error());
  }
  auto hashes = parse(*content);
  if (!hashes) {
    file_.ask_again();
    return failure(fmt::format("{}: {}", file_.path().string(), hashes.error().message));
  }
  hashes_ = std::move(*hashes);
  hosts_.clear();
  for (const auto& [host, hash] : hashes_) {
    hosts_.emplace(hash, host);
  }
  return {};
}

Result<std::string> TokenStore::enroll(const std::string& host) {
  if (!is_host_name(host)) {
    return failure(fmt::format("\"{}\" is no name of a host", host));
  }
  const std::string token = random_secret();
  const auto written = file_.update([&](const std::string& content) -> Result<std::string> {
    auto hashes = parse(content);
    if (!hashes) {
      return failure(fmt::format("{}: {}", file_.path().string(), hashes.error().message));
    }
    (*hashes)[host] = hash_of_secret(token);
    return text_of(*hashes);
  });
  if (!written) {
    return tl::make_unexpected(written.error());
  }
  const auto read = refresh();
  return read ? Result<std::string>(token) : tl::make_unexpected(read.error());
}

Result<bool> TokenStore::revoke(const std::string& host) {
  bool had_one = false;
  const auto written = file_.update([&](const std::string& content) -> Result<std::string> {
    auto hashes = parse(content);
    if (!hashes) {
      return failure(fmt::format("{}: {}", file_.path().string(), hashes.error().message));
    }
    had_one = hashes->erase(host) > 0;
    return text_of(*hashes);
  });
  if (!written) {
    return tl::make_unexpected(written.error());
  }
  const auto read = refresh();
  return read ? Result<bool>(had_one) : tl::make_unexpected(read.error());
}

bool TokenStore::accepts(std::string_view host, std::string_view token) const {
  static const std::string of_nobody(64, 'x');
  const auto found = hashes_.find(host);
  const std::string& wanted = found == hashes_.end() ? of_nobody : found->second;
  return is_same_secret(hash_of_secret(token), wanted);
}

std::optional<std::string> TokenStore::host_of(std::string_view token) const {
  const auto found = hosts_.find(hash_of_secret(token));
  return found == hosts_.end() ? std::nullopt : std::optional(found->second);
}

std::vector<std::string> TokenStore::hosts() const {
  std::vector<std::string> names;
  for (const auto& [host, hash] : hashes_) {
    names.push_back(host);
  }
  return names;
}

}  // namespace wemol::hub
