#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "document.h"
#include "json_parts.h"
#include "queue_figures.h"

namespace wemol::report {

inline constexpr double kCardHourSeconds = 3600;

/// A card that a job of wemol-queue holds on this host.
struct HeldCard {
  std::string card;
  std::string user;
  std::string queue;
  std::uint64_t job = 0;
  std::string uni_id;
  std::optional<WallTime> since;
};

/// What `wemol-report queue` tells.
struct QueueReport {
  struct Folder {
    std::filesystem::path path;
    bool has_history = false;  ///< no try has ended there yet
    reading::QueueHistoryReading reading;
  };

  std::vector<Folder> folders;
  QueueFigures figures;
  /// Of all schedulers on this host. Absent: it is unknown.
  std::optional<std::vector<HeldCard>> held_cards;
  TimeWindow window;
  WallTime now;
};

/// Queues, jobs, and who holds which card.
[[nodiscard]] Document queue_document(const QueueReport& report);
/// The same with plain numbers; the list "jobs" in it is what becomes CSV.
[[nodiscard]] Json queue_json(const QueueReport& report);

/// "exit 1", "signal 9", "oom": how a failed try ended.
[[nodiscard]] std::string failure_text(const reading::EndedTry& ended_try);
[[nodiscard]] std::string outcome_name(reading::TryOutcome outcome);
/// Since when a card is held; never below 0, however the clock was set.
[[nodiscard]] std::optional<double> held_seconds(const HeldCard& card, WallTime now);

}  // namespace wemol::report
