#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "files.h"
#include "interface_files.h"

namespace wemol::host {
namespace {

constexpr std::size_t kAnswerBytes = std::size_t{32} << 10;

/// The older form of the question: it goes through the kernel's table once, for IPv4 and IPv6.
bool ask_for_established(int socket) {
  struct Request {
    nlmsghdr header;
    inet_diag_req body;
  };
  Request request{};
  request.header.nlmsg_len = sizeof(request);
  request.header.nlmsg_type = TCPDIAG_GETSOCK;
  request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  request.body.idiag_family = AF_INET;
  request.body.idiag_states = 1U << TCP_ESTABLISHED;
  return send(socket, &request, sizeof(request), 0) == static_cast<ssize_t>(sizeof(request));
}

struct PartOfAnswer {
  std::uint64_t sockets = 0;
  bool is_last = false;
  bool is_error = false;
};

PartOfAnswer count_messages(const char* at, std::size_t left) {
  PartOfAnswer part;
  nlmsghdr header{};
  while (left >= sizeof(header)) {
    std::memcpy(&header, at, sizeof(header));
    if (header.nlmsg_len < sizeof(header) || header.nlmsg_len > left) {
      part.is_error = true;
      return part;
    }
    if (header.nlmsg_type == NLMSG_DONE) {
      part.is_last = true;
      return part;
    }
    if (header.nlmsg_type == NLMSG_ERROR) {
      part.is_error = true;
      return part;
    }
    part.sockets += header.nlmsg_type == TCPDIAG_GETSOCK ? 1 : 0;
    const std::size_t step = std::min<std::size_t>(NLMSG_ALIGN(header.nlmsg_len), left);
    at += step;
    left -= step;
  }
  return part;
}

std::optional<std::uint64_t> count_in_answer(int socket) {
  std::uint64_t sockets = 0;
  alignas(nlmsghdr) std::array<char, kAnswerBytes> answer;  // NOLINT: recv fills it
  while (true) {
    const ssize_t length = recv(socket, answer.data(), answer.size(), 0);
    if (length < 0 && errno == EINTR) {
      continue;
    }
    if (length <= 0) {
      return std::nullopt;
    }
    const PartOfAnswer part = count_messages(answer.data(), static_cast<std::size_t>(length));
    sockets += part.sockets;
    if (part.is_error) {
      return std::nullopt;
    }
    if (part.is_last) {
      return sockets;
    }
  }
}

}  // namespace

std::optional<std::uint64_t> count_established() {
  const UniqueFd socket(::socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG));
  // The kernel answers while it is asked: what has not come by then will not.
  constexpr timeval kLongestWait{.tv_sec = 1, .tv_usec = 0};
  if (!socket ||
      setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &kLongestWait, sizeof(kLongestWait)) != 0) {
    return std::nullopt;
  }
  return ask_for_established(socket.get()) ? count_in_answer(socket.get()) : std::nullopt;
}

}  // namespace wemol::host
