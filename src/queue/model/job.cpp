#include "job.h"

namespace wemol::queue {

std::string_view name_of(JobState state) {
  switch (state) {
    case JobState::pending:
      return "pending";
    case JobState::running:
      return "running";
    case JobState::succeeded:
      return "succeeded";
    case JobState::failed:
      return "failed";
    case JobState::canceled:
      return "canceled";
    case JobState::skipped:
      return "skipped";
  }
  return "";
}

bool is_over(JobState state) {
  return state != JobState::pending && state != JobState::running;
}

std::string_view name_of(Failure failure) {
  switch (failure) {
    case Failure::exit_status:
      return "exit";
    case Failure::signal:
      return "signal";
    case Failure::timeout:
      return "timeout";
    case Failure::out_of_memory:
      return "oom";
    case Failure::reported:
      return "reported";
    case Failure::not_started:
      return "not_started";
    case Failure::unknown:
      return "unknown";
  }
  return "";
}

}  // namespace wemol::queue
