#include "docker_failure.h"

#include <array>
#include <string_view>

#include "printable.h"

namespace wemol::docker {
namespace {

struct Remedy {
  std::string_view said;
  std::string_view advice;
};

// What the various versions of docker say, in parts that they share.
constexpr std::array kRemedies{
    Remedy{"ermission denied while trying to connect",
           "let the recorder's user use docker (group docker) and start it again"},
    Remedy{"Cannot connect to the Docker daemon", "see whether the docker service runs"},
    Remedy{"failed to connect to the docker API", "see whether the docker service runs"},
    Remedy{"is too old. Minimum supported API version",
           "install a docker client that fits the engine"},
    Remedy{"unable to resolve docker endpoint", "check DOCKER_CONTEXT and DOCKER_HOST"},
};

}  // namespace

std::string explain_failure(const std::string& kind, const CommandOutcome& outcome) {
  std::string text = kind + " " + outcome.describe();
  const std::string said = first_line(outcome.standard_error);
  if (!said.empty()) {
    text += ": " + said;
  }
  if (outcome.status == CommandOutcome::Status::not_found) {
    return text + "; install the docker client, or put it on the recorder's PATH";
  }
  for (const Remedy& remedy : kRemedies) {
    if (said.find(remedy.said) != std::string::npos) {
      return text.append("; ").append(remedy.advice);
    }
  }
  return text;
}

}  // namespace wemol::docker
