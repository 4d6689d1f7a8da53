#include "source_choice.h"

#include <algorithm>

namespace wemol {

SourceChoice choose_source(const Options& options, const std::function<NativeNeeds()>& needs,
                           const std::function<CheckResult()>& docker) {
  if (!options.why_no_engine_socket.empty()) {
    return {.source = SourceKind::docker_cli, .why = options.why_no_engine_socket};
  }
  const NativeNeeds found = needs();
  const auto missing = std::ranges::find(found.host, false, &CheckResult::good);
  if (missing != found.host.end()) {
    return {.source = SourceKind::docker_cli, .why = missing->text};
  }
  if (found.engine.good) {
    return {.source = SourceKind::native, .why = "this host has all that it needs"};
  }
  if (docker().good) {
    return {.source = SourceKind::docker_cli,
            .why = "the docker command answers, but " + found.engine.text};
  }
  return {.source = SourceKind::native,
          .why = "the docker command does not answer either; " + found.engine.text};
}

}  // namespace wemol
