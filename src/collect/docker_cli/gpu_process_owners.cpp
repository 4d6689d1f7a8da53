#include "gpu_process_owners.h"

#include <algorithm>
#include <deque>
#include <unordered_set>

#include "docker_answers.h"
#include "docker_commands.h"
#include "process_owners.h"
#include "text.h"

namespace wemol {
namespace {

constexpr std::size_t kTopsAtOnce = 4;

using Status = CommandOutcome::Status;

/// A container that ended meanwhile is no failure: its answer is that it has no process.
bool has_just_ended(const CommandOutcome& outcome) {
  const auto says = [&](std::string_view text) {
    return outcome.standard_error.find(text) != std::string::npos;
  };
  return outcome.status == Status::exited &&
         (says("No such container") || says("is not running") || says("is restarting"));
}

}  // namespace

GpuProcessOwners::GpuProcessOwners(CommandRunner& runner, const FileReader& files)
    : runner_(runner), files_(files) {}

void GpuProcessOwners::attribute(std::vector<GpuProcess>& processes,
                                 const std::vector<docker::ListedContainer>& listed,
                                 const std::vector<docker::ListedContainer>& tasks, SteadyTime due,
                                 Conditions& conditions) {
  note_task_ids(tasks);
  std::unordered_set<std::string_view> known;
  for (const auto& container : listed) {
    known.insert(container.id);
  }
  OwnerByPid owners;
  StartTicksByPid unresolved;
  for (const GpuProcess& process : processes) {
    const auto cgroup = cgroup_text_of(files_, process.pid);
    const auto id = cgroup ? container_in_cgroup(
                                 *cgroup, [&](std::string_view run) { return known.contains(run); })
                           : std::nullopt;
    if (id) {
      owners[process.pid] = *id;
    } else {
      unresolved[process.pid] = start_ticks_of(files_, process.pid);
    }
  }
  std::erase_if(foreign_, [&](const auto& entry) {
    const auto found = unresolved.find(entry.first);
    return found == unresolved.end() || found->second != entry.second;
  });
  const bool any_unasked = std::ranges::any_of(
      unresolved, [&](const auto& entry) { return !foreign_.contains(entry.first); });
  if (any_unasked && ask_docker_top(tasks, due, owners, conditions)) {
    std::erase_if(unresolved, [&](const auto& entry) { return owners.contains(entry.first); });
    foreign_ = std::move(unresolved);
  }
  for (GpuProcess& process : processes) {
    if (const auto owner = owners.find(process.pid); owner != owners.end()) {
      process.container_id = owner->second;
    } else {
      process.owner_unknown = !foreign_.contains(process.pid);
    }
  }
}

void GpuProcessOwners::note_task_ids(const std::vector<docker::ListedContainer>& tasks) {
  std::set<std::string> ids;
  for (const auto& task : tasks) {
    ids.insert(task.id);
  }
  if (!std::ranges::includes(task_ids_, ids)) {
    foreign_.clear();
  }
  task_ids_ = std::move(ids);
}

bool GpuProcessOwners::ask_docker_top(const std::vector<docker::ListedContainer>& tasks,
                                      SteadyTime due, OwnerByPid& owners, Conditions& conditions) {
  struct Question {
    std::string container_id;
    CommandRunner::Ticket ticket;
  };
  std::deque<Question> open;
  bool complete = true;
  std::size_t at_once = 1;  // should it hang, there is one that hangs and not four
  const auto give_up = [&](const std::string& why) {
    if (complete) {
      conditions.push_back(
          {.key = "docker top",
           .severity = Severity::warning,
           .message = why + "; whose some GPU processes are is unknown, and the gpu_ columns are "
                            "N/A where it matters"});
    }
    complete = false;
  };
  const auto finish_first = [&] {
    const Question question = std::move(open.front());
    open.pop_front();
    const auto outcome = runner_.finish_by(question.ticket, due);
    if (!outcome) {
      runner_.abandon(question.ticket);
      give_up("docker top has not answered by the time of the next round");
    } else if (outcome->succeeded()) {
      at_once = kTopsAtOnce;
      const auto pids = docker::parse_top(outcome->standard_output);
      if (!pids) {
        give_up("docker top printed what cannot be read: " + printable(pids.error()));
        return;
      }
      for (const std::uint64_t pid : *pids) {
        owners[pid] = question.container_id;
      }
    } else if (!has_just_ended(*outcome)) {
      give_up(docker::explain_failure("docker top", *outcome));
    }
  };
  for (const auto& task : tasks) {
    if (!task.has_processes) {
      continue;
    }
    if (open.size() == at_once) {
      finish_first();
    }
    if (!complete) {
      break;  // the others would fail or hang in the same way
    }
    open.push_back(
        {task.id, runner_.start({.kind = "docker top", .argv = docker::top_arguments(task.id)})});
  }
  while (!open.empty()) {
    finish_first();
  }
  return complete;
}

}  // namespace wemol
