#pragma once

#include <functional>
#include <string>

#include "native_check.h"
#include "options.h"

namespace wemol {

/// What --source auto comes to.
struct SourceChoice {
  SourceKind source = SourceKind::docker_cli;  ///< never `automatic`
  std::string why;
};

/// Native where the host has all that it needs, else docker-cli. `needs` looks at the host for
/// native, `docker` asks the docker command; each is called when it matters only.
///
/// An engine that does not answer decides for docker-cli only when the docker command reaches one,
/// at another address then. When neither does, the engine is away, and native is right: it needs no
/// engine for the containers that run, and takes the others up when the engine comes.
///
/// GPUs decide nothing: both sources go through the same driver, and what native cannot read of it
/// now it reads later.
[[nodiscard]] SourceChoice choose_source(const Options& options,
                                         const std::function<NativeNeeds()>& needs,
                                         const std::function<CheckResult()>& docker);

}  // namespace wemol
