#include "free_cards.h"

#include <algorithm>
#include <map>
#include <string_view>

#include <fmt/format.h>

namespace wemol::queue {
namespace {

constexpr double kGigabyte = 1024.0 * 1024 * 1024;

std::string gigabytes(std::uint64_t bytes) {
  return fmt::format("{:.4g} GB", static_cast<double>(bytes) / kGigabyte);
}

std::string cards_text(std::size_t count) {
  return count == 1 ? "1 card" : fmt::format("{} cards", count);
}

/// CUDA gives a process one instance of a divided card, however many it may see.
bool may_have(const Card& card, unsigned gpus) {
  return gpus == 1 || !card.is_instance;
}

}  // namespace

bool FreeCards::Place::is_unused() const {
  return jobs == 0 && !card->is_locked_by_other && card->own_foreign_processes == 0 &&
         card->other_users.empty();
}

/// A job that has started may not have taken its memory yet, so that it counts as promised; and
/// what others have is gone from what the driver says.
std::optional<std::uint64_t> FreeCards::Place::available_bytes() const {
  if (!card->memory_free_bytes) {
    return std::nullopt;
  }
  const std::uint64_t of = card->memory_total_bytes.value_or(*card->memory_free_bytes);
  // What is given now is certainly not in use yet, whoever uses the rest.
  const std::uint64_t free = *card->memory_free_bytes;
  return std::min(free - std::min(free, taken_bytes), of - std::min(of, promised_bytes));
}

FreeCards::FreeCards(const CardLook& look, const SchedulerState& state,
                     const QueueSettings& settings)
    : settings_(settings) {
  std::map<std::string_view, std::size_t> by_uuid;
  places_.reserve(look.cards.size());
  for (const Card& card : look.cards) {
    by_uuid.emplace(card.uuid, places_.size());
    places_.push_back({.card = &card});
  }
  for (const auto& [id, job] : state.jobs) {
    if (job.state != JobState::running) {
      continue;
    }
    for (const std::string& uuid : job.cards) {
      if (const auto found = by_uuid.find(uuid); found != by_uuid.end()) {
        Place& place = places_[found->second];
        ++place.jobs;
        place.promised_bytes += job.memory_bytes;
      }
    }
  }
  if (settings.gpu_left_mode == QueueSettings::GpuLeftMode::last) {
    const std::size_t left = std::min<std::size_t>(settings.gpu_left, places_.size());
    std::for_each(places_.end() - static_cast<std::ptrdiff_t>(left), places_.end(),
                  [](Place& place) { place.is_left = true; });
  }
  unused_ = static_cast<std::size_t>(std::ranges::count_if(places_, &Place::is_unused));
}

bool FreeCards::fits(const Place& place, unsigned gpus, std::uint64_t memory_bytes) const {
  const Card& card = *place.card;
  const bool is_shared = place.jobs > 0 || card.own_foreign_processes > 0;
  if (!may_have(card, gpus) || place.is_left || place.is_reserved || card.is_locked_by_other ||
      (is_shared && !settings_.maximize_resource_utilization)) {
    return false;
  }
  const auto available = place.available_bytes();
  return available && *available >= memory_bytes + settings_.memory_headroom_bytes;
}

std::vector<std::size_t> FreeCards::fitting(unsigned gpus, std::uint64_t memory_bytes) const {
  std::vector<std::size_t> cards;
  for (std::size_t i = 0; i < places_.size(); ++i) {
    if (fits(places_[i], gpus, memory_bytes)) {
      cards.push_back(i);
    }
  }
  const bool packs = settings_.placement == QueueSettings::Placement::pack;
  std::ranges::stable_sort(cards, [&](std::size_t a, std::size_t b) {
    const auto left = *places_[a].available_bytes();
    const auto right = *places_[b].available_bytes();
    return packs ? left < right : left > right;
  });
  return cards;
}

std::optional<std::vector<std::size_t>> FreeCards::find(unsigned gpus, std::uint64_t memory_bytes) {
  std::vector<std::size_t> cards = fitting(gpus, memory_bytes);
  const std::size_t fit = cards.size();
  const bool leaves_any = settings_.gpu_left_mode == QueueSettings::GpuLeftMode::any;
  if (leaves_any) {
    // Cards that are in use already take none from those that stay unused: the first choice where
    // no other may be taken.
    std::size_t spare = unused_ - std::min<std::size_t>(unused_, settings_.gpu_left);
    std::erase_if(cards, [&](std::size_t i) {
      if (!places_[i].is_unused()) {
        return false;
      }
      if (spare == 0) {
        return true;
      }
      --spare;
      return false;
    });
  }
  if (cards.size() < gpus) {
    why_not_ = reason(gpus, memory_bytes, fit);
    return std::nullopt;
  }
  cards.resize(gpus);
  return cards;
}

std::string FreeCards::reason(unsigned gpus, std::uint64_t memory_bytes, std::size_t fit) const {
  if (fit >= gpus && settings_.gpu_left_mode == QueueSettings::GpuLeftMode::any) {
    return fmt::format("a card fits, but gpu_left keeps {} unused", cards_text(settings_.gpu_left));
  }
  const auto reserved =
      std::ranges::count_if(places_, [](const Place& place) { return place.is_reserved; });
  std::string text = gpus == 1 ? fmt::format("no card is free with {}", gigabytes(memory_bytes))
                               : fmt::format("fewer than {} are free with {} each",
                                             cards_text(gpus), gigabytes(memory_bytes));
  if (settings_.memory_headroom_bytes > 0) {
    text += fmt::format(" and {} of headroom", gigabytes(settings_.memory_headroom_bytes));
  }
  if (reserved > 0) {
    text += fmt::format(" ({} reserved for a job of several)",
                        cards_text(static_cast<std::size_t>(reserved)));
  }
  const auto locked = std::ranges::count_if(
      places_, [](const Place& place) { return place.card->is_locked_by_other; });
  if (locked > 0) {
    text += fmt::format(" ({} held by another scheduler)",
                        cards_text(static_cast<std::size_t>(locked)));
  }
  return text;
}

std::vector<std::string> FreeCards::take(const std::vector<std::size_t>& cards,
                                         std::uint64_t memory_bytes) {
  std::vector<std::string> uuids;
  for (const std::size_t i : cards) {
    Place& place = places_[i];
    unused_ -= place.is_unused() ? 1U : 0U;
    ++place.jobs;
    place.promised_bytes += memory_bytes;
    place.taken_bytes += memory_bytes;
    uuids.push_back(place.card->uuid);
  }
  return uuids;
}

void FreeCards::reserve(unsigned gpus, std::uint64_t memory_bytes) {
  std::vector<std::size_t> cards = fitting(gpus, memory_bytes);
  cards.resize(std::min<std::size_t>(cards.size(), gpus));
  for (const std::size_t i : cards) {
    places_[i].is_reserved = true;
    unused_ -= places_[i].is_unused() ? 1U : 0U;
  }
}

std::optional<std::string> FreeCards::never(unsigned gpus, std::uint64_t memory_bytes) const {
  const std::size_t left = std::min<std::size_t>(settings_.gpu_left, places_.size());
  const std::size_t most = places_.size() - left;
  if (most < gpus) {
    return fmt::format("it wants {}, and of {} gpu_left keeps {}: it can never start",
                       cards_text(gpus), cards_text(places_.size()), left);
  }
  const auto whole = static_cast<std::size_t>(std::ranges::count_if(
      places_, [&](const Place& place) { return may_have(*place.card, gpus); }));
  if (whole < gpus) {
    return fmt::format(
        "it wants {}, and {} whole: CUDA gives a job one instance of a divided card (MIG) only; it "
        "can never start",
        cards_text(gpus),
        whole == 1 ? "only 1 card is" : fmt::format("only {} are", cards_text(whole)));
  }
  const auto large_enough = std::ranges::count_if(places_, [&](const Place& place) {
    const auto total = place.card->memory_total_bytes;
    return may_have(*place.card, gpus) &&
           (!total || *total >= memory_bytes + settings_.memory_headroom_bytes);
  });
  if (large_enough < static_cast<std::ptrdiff_t>(gpus)) {
    return fmt::format("it wants {} on {}, and {} so large: it can never start",
                       gigabytes(memory_bytes), cards_text(gpus),
                       large_enough == 0   ? "no card is"
                       : large_enough == 1 ? "only 1 card is"
                                           : fmt::format("only {} cards are", large_enough));
  }
  return std::nullopt;
}

}  // namespace wemol::queue
