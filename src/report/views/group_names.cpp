#include "group_names.h"

#include "printable.h"

namespace wemol::report {

std::string module_text(const GroupKey& group) {
  return printable(group.module_name);
}

std::string gpu_text(const GroupKey& group) {
  constexpr std::string_view kMaker = "NVIDIA ";
  if (!group.gpu_models) {
    return "not known";
  }
  std::string text;
  for (const std::string& model : *group.gpu_models) {
    text += text.empty() ? "" : ", ";
    text += printable(model.starts_with(kMaker) ? model.substr(kMaker.size()) : model);
  }
  return text.empty() ? "none" : text;
}

bool uses_no_gpu(const GroupKey& group) {
  return group.gpu_models && group.gpu_models->empty();
}

}  // namespace wemol::report
