#include "expand.h"

namespace wemol::queue {

std::string expand(std::string_view command, const std::filesystem::path& work_dir,
                   std::string_view uni_id) {
  constexpr std::string_view kWorkDir = "{work_dir}";
  constexpr std::string_view kUniId = "{uni_id}";
  std::string expanded;
  for (std::size_t at = 0; at < command.size();) {
    const std::string_view rest = command.substr(at);
    const bool is_of_shell = at > 0 && command[at - 1] == '$';
    if (!is_of_shell && rest.starts_with(kWorkDir)) {
      expanded += work_dir.native();
      at += kWorkDir.size();
    } else if (!is_of_shell && rest.starts_with(kUniId)) {
      expanded += uni_id;
      at += kUniId.size();
    } else {
      expanded += command[at];
      ++at;
    }
  }
  return expanded;
}

}  // namespace wemol::queue
