#include "crowded_engine.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "unix_socket.h"

namespace wemol::faults {
namespace {

constexpr std::size_t kFirstTask = 10000;
constexpr std::string_view kEndOfRequest = "\r\n\r\n";

std::string http_answer(const std::string& body) {
  return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

}  // namespace

CrowdedEngine::CrowdedEngine(const std::filesystem::path& socket_path, std::size_t containers,
                             std::vector<pid_t> first_processes)
    : containers_(containers),
      first_processes_(std::move(first_processes)),
      listener_(listening_at(socket_path)),
      acceptor_([this] { accept_all(); }) {}

CrowdedEngine::~CrowdedEngine() {
  shutdown(listener_.get(), SHUT_RDWR);
  acceptor_.join();
  for (Connection& connection : connections_) {
    shutdown(connection.fd.get(), SHUT_RDWR);
    connection.thread.join();
  }
}

std::string CrowdedEngine::id_of(std::size_t number) {
  std::array<char, 65> id{};
  std::snprintf(id.data(), id.size(), "%012zx%052d", number, 0);
  return id.data();
}

std::string CrowdedEngine::name_of(std::size_t number) {
  return "wemol_rc_task_" + std::to_string(kFirstTask + number) + "_1_1";
}

void CrowdedEngine::accept_all() {
  for (;;) {
    UniqueFd fd(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!fd) {
      return;
    }
    const std::lock_guard lock(connections_lock_);
    Connection& connection = connections_.emplace_back();
    connection.fd = std::move(fd);
    connection.thread = std::thread([this, number = connection.fd.get()] { serve(number); });
  }
}

/// One request after the other on a connection, as the recorder asks.
void CrowdedEngine::serve(int fd) const {
  std::string received;
  for (;;) {
    const std::string piece = receive_some(fd);
    if (piece.empty()) {
      shutdown(fd, SHUT_RDWR);
      return;
    }
    received += piece;
    for (std::size_t end = received.find(kEndOfRequest); end != std::string::npos;
         end = received.find(kEndOfRequest)) {
      (void)send_all(fd, answer_to(received.substr(0, end)));
      received.erase(0, end + kEndOfRequest.size());
    }
  }
}

std::string CrowdedEngine::answer_to(const std::string& request) const {
  constexpr std::string_view kEvents = "GET /v1.41/events";
  constexpr std::string_view kList = "GET /v1.41/containers/json";
  constexpr std::string_view kInspect = "GET /v1.41/containers/";
  if (request.starts_with("GET /version ")) {
    return http_answer(R"({"Version":"20.10.24","ApiVersion":"1.41","MinAPIVersion":"1.12"})");
  }
  if (request.starts_with(kEvents)) {
    return "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  }
  if (request.starts_with(kList)) {
    std::string list;
    for (std::size_t number = 0; number < containers_; ++number) {
      list += (list.empty() ? "" : ",") + (R"({"Id":")" + id_of(number)) + R"(","Names":["/)" +
              name_of(number) + R"("],"State":"running"})";
    }
    return http_answer("[" + list + "]");
  }
  const std::string id = request.substr(kInspect.size(), id_of(0).size());
  const std::size_t number = std::stoul(id.substr(0, 12), nullptr, 16);
  return http_answer(
      R"({"Id":")" + id + R"(","Name":"/)" + name_of(number) + R"(","State":{"Pid":)" +
      std::to_string(first_processes_.at(std::min(number, first_processes_.size() - 1))) +
      R"(},"HostConfig":{"NetworkMode":"none"}})");
}

}  // namespace wemol::faults
