#pragma once

#include <sys/types.h>

#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include <wemol/result.h>
#include <wemol/sink.h>

#include "event_loop.h"
#include "files.h"

namespace wemol {

/// Gives each round's snapshot to whoever connects to a Unix socket: one line of JSON per round
/// (snapshot_json.h), from the next round on. Subscribers say nothing; what they send is dropped.
/// The socket's mode is 0660. Without a subscriber nothing is made.
///
/// Nobody is waited for. A subscriber that does not read has up to 16 lines and 8 MiB kept for it,
/// then loses its oldest, and is told how many rounds it lost before the next line. There are 32
/// subscribers at most; further ones are closed at once.
class SnapshotSocket : public Sink {
 public:
  struct Bounds {
    std::size_t subscribers = 32;
    std::size_t kept_lines = 16;
    std::size_t kept_bytes = std::size_t{8} << 20;
  };
  /// Hears when the first subscriber has come and when the last one has gone.
  using OnSubscribed = std::function<void(bool is_subscribed)>;

  /// Begins to listen. Where that fails, and where the socket was removed meanwhile, it is tried
  /// again in each round. It takes the place of a socket that nobody serves any more.
  SnapshotSocket(EventLoop& loop, std::filesystem::path path, Bounds bounds,
                 OnSubscribed on_subscribed = {});
  /// Removes the socket.
  ~SnapshotSocket() override;

  [[nodiscard]] Conditions write(const Snapshot& snapshot) override;

 private:
  struct Line {
    std::shared_ptr<const std::string> text;  ///< the same for all subscribers
    std::uint64_t rounds = 1;                 ///< that a reader without it has lost
  };
  struct Subscriber {
    UniqueFd fd;
    EventSource watch;
    std::deque<Line> lines;  ///< to be sent
    std::size_t sent = 0;    ///< of the first of them
    std::size_t bytes = 0;   ///< of all of them
    std::uint64_t lost = 0;  ///< rounds, of which it has not been told
    bool waits_for_room = false;
  };

  /// The error names the path: another program serves it, it is no socket, its folder is missing.
  [[nodiscard]] Result<void> listen();
  [[nodiscard]] bool is_in_place() const;
  void accept_all();
  void note_subscribers();
  void add(UniqueFd fd);
  void react(int fd, std::uint32_t epoll_events);
  void queue(const Line& line, Subscriber& subscriber) const;
  /// False when the other side is gone.
  [[nodiscard]] static bool send_queued(Subscriber& subscriber);
  /// Until the rest of what is queued can be sent, the loop tells when there is room.
  static void watch_for_room(Subscriber& subscriber);
  static void lose_oldest(Subscriber& subscriber);

  EventLoop& loop_;
  std::filesystem::path path_;
  Bounds bounds_;
  OnSubscribed on_subscribed_;
  bool is_subscribed_ = false;  ///< as was told last
  UniqueFd listener_;
  EventSource listener_watch_;
  std::pair<dev_t, ino_t> file_{};         ///< that of the path
  std::map<int, Subscriber> subscribers_;  ///< by descriptor
};

}  // namespace wemol
