#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "card_watch.h"
#include "event_loop.h"
#include "queue_settings.h"

namespace wemol::queue {

/// The last look at the cards, and what is wrong with it, which it logs when it changes.
class CardSight {
 public:
  using Seen = std::function<void()>;

  /// `seen` is called from the loop after each look, also one that gave nothing.
  CardSight(EventLoop& loop, std::filesystem::path lock_folder, Seen seen);

  /// Does nothing while an earlier question has no answer.
  void ask(const QueueSettings& settings, std::vector<OwnTry> tries);
  void let_go() { watch_.let_go(); }

  /// Absent: never made.
  [[nodiscard]] const std::optional<CardLook>& look() const { return look_; }
  /// Why there is no look that is newer; nothing may start then.
  [[nodiscard]] std::optional<std::string> problem() const;
  void note_locked_by_other(const std::vector<std::string>& uuids);

 private:
  void on_answer(Result<CardAnswer> answer);

  EventLoop& loop_;
  Seen seen_;
  std::optional<std::string> visible_devices_;
  std::optional<CardLook> look_;
  std::string problem_;
  std::vector<std::string> warnings_;
  CardWatch watch_;
};

}  // namespace wemol::queue
