#include <string>

#include "cgroup_counters.h"
#include "fuzz_target.h"

namespace wemol::fuzz {
namespace {

void check_net_dev(std::string_view input) {
  const auto bytes = parse_net_dev(input);
  std::string longer(input);
  longer += "\n    lo: 5 1 0 0 0 0 0 0 7 1 0 0 0 0 0 0\n";
  longer += "  eth0: 5 1 0 0 0 0 0 0 7";
  const auto complete = parse_net_dev(std::string(input) + "\n");
  const auto with_more = parse_net_dev(longer);
  require(with_more.received == complete.received && with_more.sent == complete.sent,
          "the loopback and half a line do not count");
  if (input.ends_with('\n')) {
    require(bytes.received == complete.received && bytes.sent == complete.sent,
            "an empty line does not count");
  }
}

const Target net_dev_target("net_dev", check_net_dev);

}  // namespace
}  // namespace wemol::fuzz
