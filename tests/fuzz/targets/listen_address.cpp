#include "listen_address.h"

#include "fuzz_target.h"
#include "properties.h"

namespace wemol::fuzz {
namespace {

void check_listen_address(std::string_view input) {
  const auto address = serve::parse_listen_address(input);
  if (!address) {
    require_fit_for_log({{.key = "listen", .message = address.error().message}});
    return;
  }
  require(address->is_unix() == address->host.empty(), "it is one of both");
  const auto again = serve::parse_listen_address(address->text());
  require(again && again->text() == address->text(), "it is written as it is read");
}

const Target listen_address_target("listen_address", check_listen_address);

}  // namespace
}  // namespace wemol::fuzz
