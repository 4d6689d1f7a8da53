#pragma once

#include "router.h"

namespace wemol::hub {

/// The page's files, as they lie in the program. Everybody may have them: they hold nothing of any
/// host, and who is to log in needs them.
void add_page(serve::Router& router);

}  // namespace wemol::hub
