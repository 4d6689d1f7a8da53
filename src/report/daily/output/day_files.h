#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <wemol/result.h>

#include "files.h"
#include "node_figures.h"
#include "titles.h"
#include "zone.h"

namespace wemol::report::daily {

/// Where the files of a node and a day lie.
[[nodiscard]] std::filesystem::path day_folder(const std::filesystem::path& data_dir,
                                               const std::string& node, const Day& day);
[[nodiscard]] std::string card_file_name(unsigned index, const Day& day);
[[nodiscard]] std::string average_file_name(const Day& day);
[[nodiscard]] std::string summary_file_name(const Day& day);

/// What the files of one node and one day say.
struct NodeOfDay {
  Day day;
  NodeDay data;
  NodeFigures figures;
};

/// Makes the folder, and keeps others from writing into it while the object lives.
class DataFolder {
 public:
  /// Fails where another run has it.
  [[nodiscard]] static Result<DataFolder> open(const std::filesystem::path& folder);

  struct Form {
    Titles titles = Titles::chinese;
    bool null_as_zero = false;
  };

  /// Each file as a whole: whatever ends the program, there is the old one or the new one; a signal
  /// that ends it waits until the files that are begun are whole. Returns for each node and day
  /// whether anything was written: a node that gave nothing does not replace what is there.
  [[nodiscard]] std::vector<Result<bool>> write(const std::vector<NodeOfDay>& nodes,
                                                const Zone& zone, const Form& form) const;
  /// A file beside the nodes' folders. Returns its path.
  [[nodiscard]] Result<std::filesystem::path> write_page(const std::string& name,
                                                         const std::string& text) const;

 private:
  [[nodiscard]] Result<bool> write_day(const NodeOfDay& node, const Zone& zone,
                                       const Form& form) const;

  std::filesystem::path folder_;
  UniqueFd lock_;
};

}  // namespace wemol::report::daily
