#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <wemol/result.h>

#include "card_look.h"
#include "event_loop.h"

namespace wemol::queue {

struct CardWatchSettings {
  /// The program that calls NVML, with its arguments: nvml::own_helper_command(). Empty: NVIDIA's
  /// cards are read by nvidia-smi.
  std::vector<std::string> nvml_helper_command;
  /// An answer that takes longer is none.
  std::chrono::milliseconds answer_timeout{10'000};
  std::filesystem::path lock_folder = kLockFolder;
  std::filesystem::path root = "/";  ///< in which the /sys of AMD's cards lies
};

/// Looks at the cards, in a thread of its own: a driver that hangs, hangs there.
class CardWatch {
 public:
  using Answered = std::function<void(Result<CardAnswer>)>;

  /// `answered` is called from the loop, once for each ask(). Throws std::system_error.
  CardWatch(EventLoop& loop, CardWatchSettings settings, Answered answered);
  ~CardWatch();
  CardWatch(const CardWatch&) = delete;
  CardWatch& operator=(const CardWatch&) = delete;

  /// False while the last question has no answer: then this one is not taken.
  bool ask(CardQuestion question);
  [[nodiscard]] bool is_waiting() const { return asked_at_.has_value(); }
  /// When the question was asked that has no answer yet.
  [[nodiscard]] std::optional<SteadyTime> asked_at() const { return asked_at_; }
  /// Closes the driver, which else stays open from one look to the next and keeps cards awake: for
  /// when no job waits. The next ask() opens it.
  void let_go();

 private:
  class Worker;

  EventLoop& loop_;
  Answered answered_;
  std::unique_ptr<Worker> worker_;
  EventSource answer_watch_;
  std::optional<SteadyTime> asked_at_;
};

}  // namespace wemol::queue
