#include "page_files.h"

#include <algorithm>

namespace wemol::hub {

const PageFile* find_page_file(std::string_view path) {
  const std::string_view name = path.empty() ? "index.html" : path;
  const std::span files = page_files();
  const auto found = std::ranges::lower_bound(files, name, {}, &PageFile::path);
  return found != files.end() && found->path == name ? &*found : nullptr;
}

}  // namespace wemol::hub
