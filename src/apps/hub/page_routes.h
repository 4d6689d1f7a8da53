#pragma once

#include <string>

#include "router.h"

namespace wemol::hub {

/// The page's files, as they lie in the program. Everybody may have them: they hold nothing of any
/// host, and who is to log in needs them. `base_path` without its last slash leads to the one with
/// it.
void add_page(serve::Router& router, const std::string& base_path);

}  // namespace wemol::hub
