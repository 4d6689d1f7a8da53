#pragma once

#include <cstddef>
#include <functional>
#include <set>
#include <utility>

#include "http_message.h"

namespace wemol::serve {

/// Who is told each text of a topic.
class Subscriber {
 public:
  Subscriber() = default;
  Subscriber(const Subscriber&) = delete;
  Subscriber& operator=(const Subscriber&) = delete;
  virtual ~Subscriber() = default;

  /// Takes it or, while an earlier one is on its way, keeps it in place of the one it kept.
  virtual void offer(const Text& text) = 0;
};

/// Gives each text to all who are subscribed. All share the one text.
class Topic {
 public:
  using OnChange = std::function<void(std::size_t subscribers)>;

  /// `on_change` hears how many there are, after each change. Who passes it sets it to nothing
  /// before it goes: subscribers may live longer.
  void set_on_change(OnChange on_change) { on_change_ = std::move(on_change); }

  void publish(const Text& text);
  [[nodiscard]] std::size_t subscribers() const { return subscribers_.size(); }

  void join(Subscriber& subscriber);
  void leave(Subscriber& subscriber);

 private:
  OnChange on_change_;
  std::set<Subscriber*> subscribers_;
};

}  // namespace wemol::serve
