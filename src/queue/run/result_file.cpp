#include "result_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace wemol::queue {
namespace {

using Json = nlohmann::json;

/// More than any result takes: its text is cut.
constexpr std::size_t kRoomBytes = 4096;
constexpr std::size_t kTextBytes = 1024;

std::filesystem::path path_of(const std::filesystem::path& state_dir, const std::string& uni_id) {
  return state_dir / "results" / (uni_id + ".json");
}

std::filesystem::path draft_of(const std::filesystem::path& path) {
  return path.string() + ".new";
}

tl::unexpected<Error> failed(const std::filesystem::path& path, int code) {
  return failure(fmt::format("{}: {}", path.string(), strerror(code)), code);
}

constexpr std::array kFailures{Failure::exit_status,   Failure::signal,   Failure::timeout,
                               Failure::out_of_memory, Failure::reported, Failure::not_started,
                               Failure::unknown};

std::string as_json(const TryResult& result) {
  return Json{{"has_succeeded", result.has_succeeded},
              {"failure", name_of(result.failure)},
              {"code", result.code},
              {"text", result.text.substr(0, kTextBytes)}}
             .dump(-1, ' ', false, Json::error_handler_t::replace) +
         '\n';
}

std::optional<TryResult> parse_result(std::string_view text) {
  const Json json = Json::parse(text, nullptr, false);
  try {
    TryResult result{.has_succeeded = json.at("has_succeeded").get<bool>(),
                     .code = json.at("code").get<int>(),
                     .text = json.at("text").get<std::string>()};
    const auto name = json.at("failure").get<std::string>();
    const auto* const failure = std::ranges::find_if(
        kFailures, [&](Failure candidate) { return name_of(candidate) == name; });
    result.failure = failure == kFailures.end() ? Failure::unknown : *failure;
    return result;
  } catch (const Json::exception&) {
    return std::nullopt;
  }
}

}  // namespace

Result<ResultFile> ResultFile::reserve(const std::filesystem::path& state_dir,
                                       const std::string& uni_id) {
  const auto path = path_of(state_dir, uni_id);
  std::error_code error;
  std::filesystem::create_directories(path.parent_path(), error);
  const auto draft_path = draft_of(path);
  UniqueFd draft(
      open(draft_path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644));
  if (!draft) {
    return failed(draft_path, errno);
  }
  const std::string blanks(kRoomBytes, ' ');
  if (::write(draft.get(), blanks.data(), blanks.size()) != static_cast<ssize_t>(kRoomBytes)) {
    return failed(draft_path, errno == 0 ? ENOSPC : errno);
  }
  return ResultFile(std::move(draft), path);
}

Result<void> ResultFile::write(const TryResult& result) {
  std::string content = as_json(result);
  // Not shortened: a file that keeps its size needs nothing of a disk that is full.
  content.resize(std::max(content.size(), kRoomBytes), ' ');
  const auto draft_path = draft_of(path_);
  const ssize_t count = pwrite(draft_.get(), content.data(), content.size(), 0);
  if (count != static_cast<ssize_t>(content.size())) {
    return failed(draft_path, count < 0 ? errno : ENOSPC);
  }
  if (fsync(draft_.get()) != 0 || rename(draft_path.c_str(), path_.c_str()) != 0) {
    return failed(path_, errno);
  }
  const int code = sync_folder(path_.parent_path());
  return code == 0 ? Result<void>() : failed(path_.parent_path(), code);
}

Result<std::optional<TryResult>> read_result(const std::filesystem::path& state_dir,
                                             const std::string& uni_id) {
  const auto path = path_of(state_dir, uni_id);
  const auto text = SystemFileReader().read(path, kRoomBytes * 4);
  if (!text) {
    return text.error().code == ENOENT ? Result<std::optional<TryResult>>(std::nullopt)
                                       : tl::make_unexpected(text.error());
  }
  auto result = parse_result(*text);
  if (!result) {
    return failure(fmt::format("{}: not the result of a try", path.string()));
  }
  return result;
}

void remove_result(const std::filesystem::path& state_dir, const std::string& uni_id) {
  const auto path = path_of(state_dir, uni_id);
  unlink(path.c_str());
  unlink(draft_of(path).c_str());
}

}  // namespace wemol::queue
