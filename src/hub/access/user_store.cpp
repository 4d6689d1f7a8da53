#include "user_store.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "password.h"

namespace wemol::hub {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kUserFileVersion = 1;
constexpr std::size_t kLongestUserName = 64;

}  // namespace

bool is_user_name(std::string_view name) {
  return !name.empty() && name.size() <= kLongestUserName && std::ranges::all_of(name, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
           c == '-' || c == '_' || c == '@';
  });
}

Result<UserStore::Hashes> UserStore::parse(const std::string& content) const {
  Hashes hashes;
  if (content.empty()) {
    return hashes;
  }
  const Json json = Json::parse(content, nullptr, false);
  if (!json.is_object() || json.value("version", Json()) != kUserFileVersion ||
      !json.value("users", Json()).is_object()) {
    return failure(fmt::format("{}: it is not the file of users that this program writes",
                               file_.path().string()));
  }
  for (const auto& [user, hash] : json["users"].items()) {
    if (!is_user_name(user) || !hash.is_string() || hash.get_ref<const std::string&>().empty()) {
      return failure(fmt::format("{}: it is damaged", file_.path().string()));
    }
    hashes.emplace(user, hash.get<std::string>());
  }
  return hashes;
}

std::string UserStore::text_of(const Hashes& hashes) {
  Json json;
  json["version"] = kUserFileVersion;
  json["users"] = Json::object();
  for (const auto& [user, hash] : hashes) {
    json["users"][user] = hash;
  }
  return json.dump(1) + "\n";
}

Result<std::vector<std::string>> UserStore::refresh() {
  std::vector<std::string> changed;
  if (!file_.has_changed()) {
    return changed;
  }
  const auto content = file_.read();
  if (!content) {
    file_.ask_again();
    return tl::make_unexpected(content.error());
  }
  auto hashes = parse(*content);
  if (!hashes) {
    file_.ask_again();
    return tl::make_unexpected(hashes.error());
  }
  for (const auto& [user, hash] : hashes_) {
    const auto found = hashes->find(user);
    if (found == hashes->end() || found->second != hash) {
      changed.push_back(user);
    }
  }
  hashes_ = std::move(*hashes);
  return changed;
}

Result<void> UserStore::change(const std::function<void(Hashes&)>& apply) {
  return file_.update([&](const std::string& content) -> Result<std::string> {
    auto hashes = parse(content);
    if (!hashes) {
      return tl::make_unexpected(hashes.error());
    }
    apply(*hashes);
    return text_of(*hashes);
  });
}

Result<void> UserStore::set_password(const std::string& user, std::string_view password) {
  if (!is_user_name(user)) {
    return failure(fmt::format(
        "a user's name has from 1 to {} letters, digits, '.', '-', '_' and '@'", kLongestUserName));
  }
  auto hash = hash_password(password);
  if (!hash) {
    return tl::make_unexpected(hash.error());
  }
  return change([&](Hashes& hashes) { hashes[user] = std::move(*hash); });
}

Result<bool> UserStore::remove(const std::string& user) {
  bool was_there = false;
  const auto done = change([&](Hashes& hashes) { was_there = hashes.erase(user) > 0; });
  return done ? Result<bool>(was_there) : tl::make_unexpected(done.error());
}

std::string UserStore::hash_of(std::string_view user) const {
  const auto found = hashes_.find(user);
  return found == hashes_.end() ? std::string() : found->second;
}

}  // namespace wemol::hub
