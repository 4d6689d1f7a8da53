#include "docker_top.h"

#include <algorithm>
#include <deque>
#include <utility>

#include "docker_answers.h"
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

void DockerTop::set_tasks(std::vector<docker::ListedContainer> tasks) {
  generation_ += static_cast<std::uint64_t>(
      std::ranges::count_if(tasks, [&](const docker::ListedContainer& task) {
        return std::ranges::find(tasks_, task.id, &docker::ListedContainer::id) == tasks_.end();
      }));
  tasks_ = std::move(tasks);
}

bool DockerTop::ask(SteadyTime due, ContainerByPid& found, Conditions& conditions) {
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
           .message = why + "; whose some GPU processes are is not known, and the gpu_ columns are "
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
        found[pid] = question.container_id;
      }
    } else if (!has_just_ended(*outcome)) {
      give_up(docker::explain_failure("docker top", *outcome));
    }
  };
  for (const auto& task : tasks_) {
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
