#pragma once

#include <string>
#include <string_view>

#include "node_day.h"

namespace wemol::report::daily {

enum class Titles { chinese, english };

/// The words of the files. Those who read them know them by these.
struct Words {
  std::string_view card_header;     ///< of a card's CSV
  std::string_view average_header;  ///< of the CSV of means
  std::string_view all_cards;
  std::string_view all_users;
  std::string_view nobody;
  std::string_view unknown_user;  ///< on the terminal only
  std::string_view title;         ///< behind the kind of GPU
  std::string_view date;
  std::string_view node;
  std::string_view hardware;
  std::string_view card;
  std::string_view tasks;
  std::string_view tasks_of_node;  ///< behind the node's name
  std::string_view model;
  std::string_view memory;
  std::string_view type;
  std::string_view project;
  std::string_view image;
  std::string_view begin;
  std::string_view end;
  std::string_view running;
  std::string_view duration;
  std::string_view seconds;
  std::string_view uuid;
  std::string_view use;
  std::string_view utilization;
  std::string_view memory_use;
  std::string_view user;
  std::string_view mean_utilization;
  std::string_view mean_memory;
  std::string_view completeness;
  std::string_view missing;
};

[[nodiscard]] const Words& words_of(Titles titles);

/// "AMD GPU", or "GPU".
[[nodiscard]] std::string_view gpu_kind(Vendor vendor);

}  // namespace wemol::report::daily
