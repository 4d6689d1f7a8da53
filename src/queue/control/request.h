#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <wemol/result.h>

#include "job.h"

namespace wemol::queue {

/// Which jobs `status` wants: those that run, and so many of the others. With `page_from`: a page
/// of all jobs instead, from that number on, and nothing but them.
struct JobsWanted {
  static constexpr std::size_t kUsual = 100;
  static constexpr std::size_t kMost = 250;  ///< of a kind, and of a page: takes the loop some ms

  std::size_t pending =
      kUsual;                  ///< the first ones, before them those that are next in their queues
  std::size_t ended = kUsual;  ///< those that ended last
  std::optional<JobId> page_from;
};

/// What a command asks of the scheduler that runs.
struct Request {
  enum class Action { status, add, cancel, retry, skip, hold, release, wait };

  Action action = Action::status;
  std::vector<JobId> jobs;  ///< cancel, retry, skip: one; wait: those, or all when there is none
  std::string queue;        ///< hold, release
  std::optional<JobSpec> spec;  ///< add
  JobsWanted wanted;            ///< status
};

[[nodiscard]] std::string_view name_of(Request::Action action);

/// One line of JSON without its end, and back. Texts that are no UTF-8 arrive with replacement
/// characters.
[[nodiscard]] std::string to_json(const Request& request);
[[nodiscard]] Result<Request> parse_request(std::string_view line);

/// The scheduler's answer that something was not done, and why.
[[nodiscard]] std::string refusal_json(std::string_view why);

}  // namespace wemol::queue
