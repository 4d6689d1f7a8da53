#include "control_client.h"

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>

#include <fmt/format.h>

#include "bounded_json.h"
#include "socket_folder.h"
#include "time_points.h"
#include "unix_socket.h"

namespace wemol::queue {
namespace {

constexpr int kDeepestAnswer = 16;
constexpr std::size_t kMostAnswerBytes = std::size_t{256} << 20;

using Due = std::optional<SteadyTime>;

tl::unexpected<Error> none_runs(const std::filesystem::path& state_dir) {
  return failure(fmt::format("no scheduler runs for {}: start it with `wemol-queue run` (or name "
                             "another with --config or --state-dir)",
                             state_dir.string()),
                 ECONNREFUSED);
}

/// False: `due` has come before.
bool wait_for(int fd, short events, const Due& due) {
  while (true) {
    int left_ms = -1;
    if (due) {
      const auto left =
          std::chrono::ceil<std::chrono::milliseconds>(*due - std::chrono::steady_clock::now());
      if (left.count() <= 0) {
        return false;
      }
      left_ms = static_cast<int>(left.count());
    }
    pollfd watched{.fd = fd, .events = events, .revents = 0};
    const int ready = poll(&watched, 1, left_ms);
    if (ready > 0) {
      return true;
    }
    if (ready < 0 && errno != EINTR) {
      return false;
    }
  }
}

Result<void> send_all(int fd, std::string_view text, const Due& due) {
  while (!text.empty()) {
    const ssize_t count = send(fd, text.data(), text.size(), MSG_NOSIGNAL);
    if (count >= 0) {
      text.remove_prefix(static_cast<std::size_t>(count));
    } else if (errno == EAGAIN || errno == EINTR) {
      if (!wait_for(fd, POLLOUT, due)) {
        return failure("the scheduler does not answer", ETIMEDOUT);
      }
    } else {
      const int code = errno;
      return failure(fmt::format("the scheduler cannot be asked: {}", strerror(code)), code);
    }
  }
  return {};
}

Result<std::string> receive_line(int fd, const Due& due) {
  std::string line;
  std::array<char, 65536> buffer{};
  while (line.size() < kMostAnswerBytes) {
    const ssize_t count = recv(fd, buffer.data(), buffer.size(), 0);
    if (count > 0) {
      line.append(buffer.data(), static_cast<std::size_t>(count));
      if (line.ends_with('\n')) {
        line.pop_back();
        return line;
      }
    } else if (count < 0 && (errno == EAGAIN || errno == EINTR)) {
      if (!wait_for(fd, POLLIN, due)) {
        return failure("the scheduler does not answer", ETIMEDOUT);
      }
    } else {
      return failure("the scheduler has ended before it answered", ECONNRESET);
    }
  }
  return failure("the scheduler's answer is too long");
}

}  // namespace

Result<nlohmann::ordered_json> ask_scheduler(const std::filesystem::path& state_dir,
                                             const Request& request,
                                             std::optional<std::chrono::milliseconds> patience) {
  const auto folder = SocketFolder::open(state_dir);
  if (!folder) {
    return folder.error().code == ENOENT ? none_runs(state_dir)
                                         : tl::make_unexpected(folder.error());
  }
  const auto socket = connect_to_unix_socket(folder->short_path());
  if (!socket) {
    const int code = socket.error().code;
    return code == ENOENT || code == ECONNREFUSED
               ? none_runs(state_dir)
               : failure(fmt::format("{}: {}", folder->path().string(), strerror(code)), code);
  }
  const Due due = patience ? Due(std::chrono::steady_clock::now() + *patience) : Due(std::nullopt);
  if (const auto sent = send_all(socket->get(), to_json(request) + "\n", due); !sent) {
    return tl::make_unexpected(sent.error());
  }
  const auto line = receive_line(socket->get(), due);
  if (!line) {
    return tl::make_unexpected(line.error());
  }
  nlohmann::ordered_json answer = parse_bounded_json(*line, kDeepestAnswer);
  if (!answer.is_object()) {
    return failure("the scheduler's answer is no JSON");
  }
  if (const auto error = answer.find("error"); error != answer.end() && error->is_string()) {
    return failure(error->get<std::string>());
  }
  return answer;
}

}  // namespace wemol::queue
