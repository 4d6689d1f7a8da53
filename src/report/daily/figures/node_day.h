#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace wemol::report::daily {

/// A value as its source had it: an integer stays one (it is written without a point).
using Number = std::variant<std::int64_t, double>;

/// What a card did in one piece of a day, stamped with the end of that piece.
struct Bucket {
  std::int64_t end_epoch = 0;                 ///< seconds since 1970
  std::optional<Number> utilization_percent;  ///< absent: unknown (null)
  std::optional<Number> memory_percent;       ///< of the card's memory
};

/// One calendar day of a zone: 23, 24 or 25 hours.
struct Day {
  std::string date;              ///< "2025-08-01"
  std::int64_t begin_epoch = 0;  ///< its midnight
  std::int64_t end_epoch = 0;    ///< the next midnight

  bool operator==(const Day&) const = default;
};

/// One card of a node on one day.
struct CardDay {
  unsigned index = 0;                  ///< of the GPU in the node: the i of GPU[i]
  std::optional<unsigned> card;        ///< the number of its device (card9); absent: none (NVIDIA)
  std::string uuid;                    ///< empty: unknown
  std::string name;                    ///< marketing name; empty: unknown
  std::vector<Bucket> buckets;         ///< ascending
  std::optional<std::string> failure;  ///< why it has none, or not all of them
  /// Who used it, in order of time, each once, where the source itself knows (own data).
  std::vector<std::string> users;
  struct Hold {
    std::string user;
    std::int64_t begin_epoch = 0;
    std::int64_t end_epoch = 0;
  };
  bool are_users_unknown = false;  ///< its source tells users of other cards, but not of this one
  std::vector<Hold> holds;         ///< from when to when, where the source itself knows that too
};

/// One task of the management API, on one node.
struct TaskUse {
  struct OnCard {
    std::optional<unsigned> index;  ///< absent: cannot be told (said in a warning)
    std::string id;                 ///< as the API has it
    std::string uuid;
    std::string name;
    std::optional<std::uint64_t> memory_mb;
    bool is_mig = false;
  };
  std::string user;
  std::string type;
  std::string project_uuid;
  std::string image;
  std::int64_t begin_epoch = 0;
  std::optional<std::int64_t> end_epoch;  ///< absent: it runs
  std::optional<double> total_seconds;
  std::vector<OnCard> cards;
};

enum class Vendor { amd, nvidia };

/// One node on one day: what a source gives, before any mean is taken.
struct NodeDay {
  std::string node;
  Vendor vendor = Vendor::amd;
  std::vector<CardDay> cards;  ///< ascending indices
  /// The node as a whole could not be had; its cards are those of the settings, if any.
  std::optional<std::string> failure;
  std::int64_t expected_buckets = 0;  ///< of each card, up to now if the day goes on
  /// Absent: not asked, or it could not be had.
  std::optional<std::vector<TaskUse>> tasks;
  std::optional<std::string> users_failure;  ///< why users that were asked for are not there
};

}  // namespace wemol::report::daily
