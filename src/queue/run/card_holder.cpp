#include "card_holder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>
#include <system_error>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "card_mask.h"
#include "files.h"
#include "text.h"
#include "time_text.h"

namespace wemol::queue {
namespace {

using Json = nlohmann::json;

std::filesystem::path path_of(const std::filesystem::path& folder, const std::string& uuid,
                              std::uint32_t uid) {
  return folder / fmt::format("{}.{}.json", card_file_name(uuid), uid);
}

/// The uid in "<card>.<uid>.json"; nothing when it is another name.
std::optional<std::uint32_t> uid_in(std::string_view name, std::string_view card) {
  constexpr std::string_view kEnd = ".json";
  if (!name.starts_with(card) || !name.ends_with(kEnd) ||
      name.size() <= card.size() + 1 + kEnd.size() || name[card.size()] != '.') {
    return std::nullopt;
  }
  name.remove_prefix(card.size() + 1);
  name.remove_suffix(kEnd.size());
  return parse_number<std::uint32_t>(name);
}

/// A small file of that user, and no link or pipe that somebody has put there.
std::optional<std::string> text_of(const std::filesystem::path& path, std::uint32_t uid) {
  const UniqueFd fd(open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat status {};
  std::array<char, 4096> buffer{};
  if (!fd || fstat(fd.get(), &status) != 0 || !S_ISREG(status.st_mode) || status.st_uid != uid) {
    return std::nullopt;
  }
  const ssize_t count = read(fd.get(), buffer.data(), buffer.size());
  return count > 0 ? std::optional(std::string(buffer.data(), static_cast<std::size_t>(count)))
                   : std::nullopt;
}

bool runs_as(std::int32_t pid, std::uint32_t uid) {
  struct stat status {};
  return pid > 0 && stat(fmt::format("/proc/{}", pid).c_str(), &status) == 0 &&
         status.st_uid == uid;
}

std::optional<CardHolder> parse_holder(std::string_view text) {
  const Json json = Json::parse(text, nullptr, false);
  try {
    return CardHolder{.user = printable(json.at("user").get<std::string>()),
                      .uid = json.at("uid").get<std::uint32_t>(),
                      .queue = printable(json.at("queue").get<std::string>()),
                      .job = json.at("job").get<JobId>(),
                      .uni_id = printable(json.at("uni_id").get<std::string>()),
                      .keeper_pid = json.at("keeper_pid").get<std::int32_t>(),
                      .since = parse_iso_time(json.at("since").get<std::string>())};
  } catch (const Json::exception&) {
    return std::nullopt;
  }
}

}  // namespace

std::string card_file_name(const std::string& uuid) {
  std::string name = uuid;
  if (is_instance(uuid)) {
    std::ranges::replace(name, '/', '_');
  }
  return name;
}

Result<void> write_card_holder(const std::filesystem::path& folder, const std::string& uuid,
                               const CardHolder& holder) {
  const Json json{{"user", holder.user},
                  {"uid", holder.uid},
                  {"queue", holder.queue},
                  {"job", holder.job},
                  {"uni_id", holder.uni_id},
                  {"keeper_pid", holder.keeper_pid},
                  {"since", holder.since ? iso_time_text(*holder.since) : ""}};
  const std::string text = json.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n';
  return replace_file(path_of(folder, uuid, holder.uid), text, Durability::by_and_by);
}

void remove_card_holder(const std::filesystem::path& folder, const std::string& uuid,
                        std::uint32_t uid) {
  unlink(path_of(folder, uuid, uid).c_str());
}

std::optional<CardHolder> read_card_holder(const std::filesystem::path& folder,
                                           const std::string& uuid) {
  const std::string card = card_file_name(uuid);
  std::error_code error;
  for (auto entry = std::filesystem::directory_iterator(folder, error);
       !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    const auto uid = uid_in(entry->path().filename().native(), card);
    const auto text = uid ? text_of(entry->path(), *uid) : std::nullopt;
    auto holder = text ? parse_holder(*text) : std::nullopt;
    if (holder && holder->uid == *uid && runs_as(holder->keeper_pid, *uid)) {
      return holder;
    }
  }
  return std::nullopt;
}

}  // namespace wemol::queue
