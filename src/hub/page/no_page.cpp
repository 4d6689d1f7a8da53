#include "page_files.h"

namespace wemol::hub {

std::span<const PageFile> page_files() {
  return {};
}

std::string_view page_security_policy() {
  return "default-src 'none'";
}

}  // namespace wemol::hub
