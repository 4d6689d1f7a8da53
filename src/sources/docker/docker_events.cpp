#include "docker_events.h"

#include "engine_messages.h"

namespace wemol::docker {

std::vector<std::string> events_arguments(WallTime since, WallTime until) {
  return {"docker",   "events",
          "--since",  engine::unix_time_text(since),
          "--until",  engine::unix_time_text(until),
          "--filter", "type=container",
          "--filter", "event=start",
          "--filter", "event=die",
          "--filter", "event=oom",
          "--format", "{{json .}}"};
}

}  // namespace wemol::docker
