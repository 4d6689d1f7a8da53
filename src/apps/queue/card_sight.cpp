#include "card_sight.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <utility>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "nvml_client.h"

namespace wemol::queue {
namespace {

constexpr std::chrono::seconds kLongAnswer{10};

std::optional<std::string> own_visible_devices() {
  const char* const value = std::getenv("CUDA_VISIBLE_DEVICES");
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

}  // namespace

CardSight::CardSight(EventLoop& loop, std::filesystem::path lock_folder, Seen seen)
    : loop_(loop),
      seen_(std::move(seen)),
      visible_devices_(own_visible_devices()),
      watch_(loop,
             {.nvml_helper_command = nvml::own_helper_command(),
              .lock_folder = std::move(lock_folder)},
             [this](Result<CardAnswer> answer) { on_answer(std::move(answer)); }) {}

void CardSight::ask(const QueueSettings& settings, std::vector<OwnTry> tries) {
  if (!watch_.is_waiting()) {
    (void)watch_.ask({.choice = {.visible_devices = visible_devices_,
                                 .use_all_gpus = settings.use_all_gpus,
                                 .compete_gpus = settings.compete_gpus},
                      .tries = std::move(tries)});
  }
}

std::optional<std::string> CardSight::problem() const {
  if (!problem_.empty()) {
    return problem_;
  }
  const auto asked_at = watch_.asked_at();
  if (!asked_at || loop_.now() - *asked_at < kLongAnswer) {
    return std::nullopt;
  }
  return fmt::format(
      "the cards' driver has not answered for {} s",
      std::chrono::duration_cast<std::chrono::seconds>(loop_.now() - *asked_at).count());
}

void CardSight::note_locked_by_other(const std::vector<std::string>& uuids) {
  for (Card& card : look_->cards) {
    card.is_locked_by_other |= std::ranges::find(uuids, card.uuid) != uuids.end();
  }
}

void CardSight::on_answer(Result<CardAnswer> answer) {
  std::string problem = answer ? "" : answer.error().message;
  if (problem != problem_) {
    if (problem.empty()) {
      spdlog::info("the cards can be looked at again");
    } else {
      spdlog::error("nothing can start: {}", problem);
    }
  }
  problem_ = std::move(problem);
  if (answer) {
    for (const std::string& warning : answer->warnings) {
      if (std::ranges::find(warnings_, warning) == warnings_.end()) {
        spdlog::warn("{}", warning);
      }
    }
    warnings_ = std::move(answer->warnings);
    look_ = std::move(answer->look);
  }
  seen_();
}

}  // namespace wemol::queue
