#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include <wemol/condition.h>

#include "csv_file.h"
#include "row_journal.h"
#include "shared_looks.h"
#include "waiting_rows.h"

namespace wemol {

/// How far the rows of a round must be on their way to the disk before the round ends.
enum class SyncLevel {
  started,   ///< the kernel has begun to write them
  finished,  ///< the disk has them: a power cut does not lose them
};

/// CSV files with one header, `<output-dir>/<folder of the module>/<stem>.csv`, and the rows that
/// wait for them. When the folder cannot be made, a file is written in the current directory. A row
/// that cannot be written waits in memory and is tried again in every round, in order, so that no
/// file waits for another's trouble; what goes beyond the bounds is dropped, counted and said. With
/// SyncLevel::finished flush() waits for the disk; rows that it did not take are counted and said.
class RowFiles {
 public:
  struct Bounds {
    std::size_t waiting_bytes_per_file = std::size_t{1} << 20;
    std::size_t waiting_bytes = std::size_t{8} << 20;
  };
  struct Target {
    std::string_view module_name;
    std::string_view stem;
  };
  /// For the log: "2 rows of task 7 ...", "task 7: container x is recorded in ...".
  struct Origin {
    std::string owner;
    std::string content;
  };

  /// `kind` tells the conditions of several such objects apart ("csv").
  RowFiles(std::filesystem::path output_dir, std::string kind, std::string_view header,
           SyncLevel sync, Bounds bounds, const Clock& clock = host_clock());
  RowFiles(const RowFiles&) = delete;
  RowFiles& operator=(const RowFiles&) = delete;
  /// Says which rows are lost. Brings all others to the disk where a journal has them, and removes
  /// it.
  ~RowFiles();

  /// From now on, with SyncLevel::finished.
  void use_journal() { may_use_journal_ = sync_ == SyncLevel::finished; }

  /// Appends the row with the next flush(). `origin` is asked for the first row of a target.
  void add(const Target& target, std::string_view row, const std::function<Origin()>& origin);

  /// To be called once in every round, also when nothing was added.
  [[nodiscard]] Conditions flush();

 private:
  /// A task without a reading for a while is the same task when it comes back.
  static constexpr std::uint64_t kRoundsRemembered = 100;

  struct OwnTarget {
    std::string module_name;
    std::string stem;
  };
  struct InOrder {
    using is_transparent = void;
    template <typename One, typename Other>
    bool operator()(const One& one, const Other& other) const {
      const int order = std::string_view(one.module_name).compare(other.module_name);
      return order < 0 || (order == 0 && one.stem < other.stem);
    }
  };
  /// One target's file, with the rows that wait for it.
  struct Destination {
    Origin origin;  ///< of the first row
    CsvFile file;
    CsvFile fallback_file;
    std::string path;  ///< of the file that took the last row; empty: none yet
    WaitingRows waiting;
    std::uint64_t last_added_in = 0;  ///< round
    bool needs_sync = false;          ///< by itself, in this round
    // Of the file's rows in the journal:
    std::string journal_path;                       ///< under which they are there
    std::optional<std::uint64_t> in_journal_since;  ///< first generation with one that may not be
                                                    ///< on the disk
    bool begins_chain = true;       ///< the next one does: those before it are on the disk
    bool has_chain_to_end = false;  ///< and the journal does not know so yet
  };
  /// What went wrong in one round, gathered over all files: a full disk is one condition, not
  /// ninety.
  struct Trouble {
    struct Rows {
      std::size_t rows = 0;
      std::size_t files = 0;
      std::string first_message;

      void add(std::size_t rows_of_file, AppendError&& error);
    };
    std::map<std::string, std::string> folders;  ///< that cannot be made, with the reason
    std::map<int, Rows> waiting;                 ///< rows that cannot be written, by errno
    std::map<int, Rows> not_taken;               ///< rows that did not reach the disk, by errno
  };

  Destination& destination_of(const Target& target, const std::function<Origin()>& origin);
  /// The file that took it.
  [[nodiscard]] tl::expected<const CsvFile*, AppendError> append_first_waiting(
      Destination& destination, Trouble& trouble);
  void write_waiting(Destination& destination, Trouble& trouble);
  // In row_files_sync.cpp.
  void note_for_disk(Destination& destination, const Appended& appended, std::string_view row);
  void bring_to_disk(Trouble& trouble);
  void sync_those_that_need_it(Trouble& trouble);
  void end_chains();
  [[nodiscard]] bool commit_to_journal(Trouble& trouble);
  void provide_journal(Trouble& trouble);
  void make_journal(std::size_t round_bytes);
  void give_journal_up(Trouble& trouble);
  void sync_some(Trouble& trouble);
  /// Those with rows that are in no generation from this one on.
  void sync_before(std::uint64_t generation, Trouble& trouble);
  void sync(Destination& destination, Trouble& trouble);
  [[nodiscard]] bool sync(CsvFile& file, Trouble& trouble);
  [[nodiscard]] Conditions conditions_of(const Trouble& trouble) const;

  std::filesystem::path output_dir_;
  std::string kind_;
  std::string_view header_;
  SyncLevel sync_;
  Bounds bounds_;
  SharedLooks looks_;  ///< lives longer than the files
  /// The files of one folder stand together: its look serves them all.
  std::map<OwnTarget, Destination, InOrder> destinations_;
  std::size_t waiting_bytes_ = 0;
  std::size_t dropped_rows_ = 0;
  std::size_t rows_not_taken_ = 0;  ///< by the disk
  std::uint64_t round_ = 0;

  bool may_use_journal_ = false;
  JournalFrame frame_;                  ///< of this round
  std::vector<Destination*> in_frame_;  ///< once per row
  std::optional<RowJournal> journal_;
  std::string journal_trouble_;         ///< why there is none; empty: there was no need yet
  std::uint64_t journal_tried_in_ = 0;  ///< round
};

}  // namespace wemol
