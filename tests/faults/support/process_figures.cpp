#include "process_figures.h"

#include <filesystem>
#include <iterator>
#include <sstream>
#include <string>

#include "process.h"

namespace wemol::faults {
namespace {

namespace fs = std::filesystem;

}  // namespace

ProcessFigures figures_of(pid_t pid) {
  const fs::path folder = "/proc/" + std::to_string(pid);
  ProcessFigures figures;
  std::istringstream status(e2e::read_text(folder / "status"));
  for (std::string line; std::getline(status, line);) {
    std::istringstream fields(line);
    std::string name;
    std::size_t kib = 0;
    if (fields >> name >> kib) {
      if (name == "VmRSS:") {
        figures.resident_kib = kib;
      } else if (name == "VmHWM:") {
        figures.most_resident_kib = kib;
      }
    }
  }
  std::error_code gone;
  for (const auto& entry : fs::directory_iterator(folder / "fd", gone)) {
    ++figures.descriptors;
    const bool is_csv = fs::read_symlink(entry.path(), gone).extension() == ".csv";
    figures.csv_descriptors += is_csv ? 1U : 0U;
  }
  std::istringstream children(e2e::read_text(folder / "task" / std::to_string(pid) / "children"));
  figures.children = static_cast<std::size_t>(
      std::distance(std::istream_iterator<pid_t>(children), std::istream_iterator<pid_t>()));
  return figures;
}

}  // namespace wemol::faults
