#include "folder_name.h"

#include <algorithm>

#include "fuzz_target.h"
#include "properties.h"

namespace wemol::fuzz {
namespace {

void check_folder_name(std::string_view input) {
  constexpr std::size_t kLongestName = 255;
  const std::string folder = folder_name(input);
  require(!folder.empty() && folder.size() <= kLongestName, "a folder's name has 1 to 255 bytes");
  require(folder != "." && folder != ".." && folder != "Unknown", "a folder is a module's own");
  require(folder.find_first_of("<>:\"/\\|?*") == std::string::npos,
          "a folder's name has none of the forbidden characters");
  require(std::ranges::none_of(folder, [](char c) { return (c >= 0 && c < ' ') || c == '\x7f'; }),
          "a folder's name has no control characters");
  require(folder.front() != ' ' && folder.back() != ' ' && folder.back() != '.',
          "a folder's name has no blank around it and no dot behind it");
  require(folder.find("  ") == std::string::npos, "white space is one blank");
  require(folder_name(folder) == folder, "a folder's name is its own folder's name");
  if (is_utf8(input)) {
    require(is_clean_line(folder), "the folder of a name in UTF-8 is such a name");
  }
}

const Target folder_name_target("folder_name", check_folder_name);

}  // namespace
}  // namespace wemol::fuzz
