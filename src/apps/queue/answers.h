#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "control_server.h"
#include "job_book.h"
#include "tries.h"

namespace wemol::queue {

/// What the scheduler does when it is asked, and says.
class Answers {
 public:
  struct Parts {
    JobBook& book;
    Tries& tries;
    const Clock& clock;
    std::function<std::string(const JobsWanted&)> status;  ///< the document's text
    std::function<void()> changed;                         ///< something may be able to start now
    /// Calls the action when the cards have been looked at, or soon all the same.
    std::function<void(std::function<void()>)> after_look;
  };

  explicit Answers(Parts parts) : parts_(std::move(parts)) {}

  void serve_on(ControlServer& server) { server_ = &server; }
  void take(const Request& request, ControlServer::ConnectionId from);
  /// Tells those who wait for jobs that are over.
  void tell_waiting();

 private:
  void take_status(const JobsWanted& wanted, ControlServer::ConnectionId from);
  [[nodiscard]] Result<std::string> change(const Request& request);
  [[nodiscard]] Result<std::string> cancel(JobId id);
  [[nodiscard]] Result<JobId> add(const JobSpec& spec);
  [[nodiscard]] Result<void> check_jobs(const std::vector<JobId>& jobs) const;
  [[nodiscard]] bool are_over(const std::vector<JobId>& jobs) const;
  [[nodiscard]] std::string end_of(const std::vector<JobId>& jobs) const;

  Parts parts_;
  ControlServer* server_ = nullptr;
  std::map<ControlServer::ConnectionId, std::vector<JobId>> waiting_;
};

}  // namespace wemol::queue
