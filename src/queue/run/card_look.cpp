#include "card_look.h"

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "process_table.h"

namespace wemol::queue {
namespace {

constexpr std::string_view kAmd = "AMD-";

/// The user of a process; nothing when it has ended, or runs where it cannot be seen.
std::optional<uid_t> user_of(std::uint64_t pid) {
  struct stat status {};
  return stat(fmt::format("/proc/{}", pid).c_str(), &status) == 0 ? std::optional(status.st_uid)
                                                                  : std::nullopt;
}

/// All processes of our tries: what their keepers have started. The pids are those of this look.
std::set<std::uint64_t> own_pids(const std::vector<OwnTry>& tries) {
  std::set<std::uint64_t> pids;
  const auto processes = tries.empty() ? std::vector<ProcessEntry>() : all_processes();
  for (const OwnTry& own : tries) {
    if (!is_alive(own.keeper)) {
      continue;
    }
    for (const ProcessEntry& process : descendants_of(own.keeper.pid, processes)) {
      pids.insert(static_cast<std::uint64_t>(process.id.pid));
    }
  }
  return pids;
}

/// Who uses which card, but for our tries.
class OtherUse {
 public:
  OtherUse(const std::vector<GpuProcess>& processes, const std::vector<OwnTry>& tries) {
    const auto own = processes.empty() ? std::set<std::uint64_t>() : own_pids(tries);
    for (const GpuProcess& process : processes) {
      const auto user = user_of(process.pid);
      if (own.contains(process.pid) || !user) {
        continue;
      }
      if (*user == getuid()) {
        ++own_foreign_[process.gpu_uuid];
      } else {
        others_[process.gpu_uuid].insert(*user);
      }
    }
  }

  void tell(Card& card) {
    card.own_foreign_processes = own_foreign_[card.uuid];
    for (const uid_t user : others_[card.uuid]) {
      const auto [known, is_new] = names_.try_emplace(user);
      if (is_new) {
        known->second = name_of_user(user);
      }
      card.other_users.push_back(known->second);
    }
  }

 private:
  std::map<std::string, unsigned> own_foreign_;
  std::map<std::string, std::set<uid_t>> others_;
  std::map<uid_t, std::string> names_;
};

bool is_amd(const GpuDevice& device) {
  return !device.uuid.starts_with("GPU-") && !is_instance(device.uuid);
}

/// AMD's runtime takes the unique id, "GPU-…", and where a card has none its place among its like.
std::string visible_as_amd(const GpuDevice& device, const std::vector<GpuDevice>& devices) {
  if (device.uuid.starts_with(kAmd)) {
    return "GPU-" + device.uuid.substr(kAmd.size());
  }
  return std::to_string(std::ranges::count_if(devices, [&](const GpuDevice& other) {
    return is_amd(other) && other.index < device.index;
  }));
}

Card card_of(const GpuDevice& device, const GpuReadings& readings) {
  Card card{.uuid = device.uuid,
            .index = device.index,
            .is_amd = is_amd(device),
            .is_instance = is_instance(device.uuid),
            .name = device.name,
            .memory_total_bytes = device.memory_total_bytes,
            .memory_free_bytes = device.memory_free_bytes};
  if (card.is_amd) {
    card.visible_as = visible_as_amd(device, *readings.devices);
  } else if (card.is_instance || !readings.divided.empty()) {
    card.visible_as = device.uuid;  // beside divided cards, CUDA's indices are not nvidia-smi's
  } else {
    // NVIDIA's come first in the list, so that the index is the one that nvidia-smi and CUDA have.
    card.visible_as = std::to_string(device.index);
  }
  return card;
}

std::string why_unknown(const GpuReadings& readings, std::string_view what) {
  std::string text = fmt::format("{} cannot be read", what);
  for (const Condition& condition : readings.conditions) {
    text += "; " + condition.message;
  }
  return text;
}

bool is_ours(const std::string& uuid, const std::vector<OwnTry>& tries) {
  return std::ranges::any_of(tries, [&](const OwnTry& own) {
    return std::ranges::find(own.cards, uuid) != own.cards.end();
  });
}

}  // namespace

std::string name_of_user(uid_t uid) {
  std::array<char, 4096> buffer{};
  passwd entry{};
  passwd* found = nullptr;
  if (getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr) {
    return found->pw_name;
  }
  return std::to_string(uid);
}

Result<CardAnswer> make_card_look(const GpuReadings& readings, const CardQuestion& question,
                                  const CardLocks& locks, SteadyTime now) {
  if (!readings.devices) {
    return failure(why_unknown(readings, "the cards"));
  }
  if (!readings.processes) {
    return failure(why_unknown(readings, "the processes on the cards"));
  }
  ChosenCards chosen = choose_cards(*readings.devices, readings.divided, question.choice);
  CardAnswer answer{.look = {.looked_at = now}, .warnings = std::move(chosen.warnings)};
  OtherUse use(*readings.processes, question.tries);
  for (const GpuDevice& device : chosen.devices) {
    Card card = card_of(device, readings);
    use.tell(card);
    card.is_locked_by_other = !is_ours(card.uuid, question.tries) && locks.is_locked(card.uuid);
    answer.look.cards.push_back(std::move(card));
  }
  for (const Condition& condition : readings.conditions) {
    answer.warnings.push_back(condition.message);
  }
  return answer;
}

}  // namespace wemol::queue
