#include "day_files.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/file.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <string_view>
#include <system_error>

#include <fmt/format.h>

#include "day_texts.h"
#include "parallel_for.h"

namespace wemol::report::daily {
namespace {

constexpr const char* kLockName = ".wemol-report-daily.lock";

constexpr std::array kEnds{SIGINT, SIGTERM, SIGHUP};

/// Ctrl-C waits until files are whole: no draft is left behind. Threads that are begun meanwhile
/// have it as well.
class EndHeld {
 public:
  EndHeld() {
    sigset_t ends;
    sigemptyset(&ends);
    for (const int signal : kEnds) {
      sigaddset(&ends, signal);
    }
    pthread_sigmask(SIG_BLOCK, &ends, &before_);
  }
  EndHeld(const EndHeld&) = delete;
  EndHeld& operator=(const EndHeld&) = delete;
  ~EndHeld() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

  [[nodiscard]] static bool is_waiting() {
    sigset_t waiting;
    sigemptyset(&waiting);
    sigpending(&waiting);
    return std::ranges::any_of(
        kEnds, [&](const int signal) { return sigismember(&waiting, signal) == 1; });
  }

 private:
  sigset_t before_{};
};

Result<void> write_file(const std::filesystem::path& path, std::string_view text) {
  constexpr mode_t kMode = 0644;
  return replace_file(path, text, Durability::whole, kMode, ".tmp");
}

Result<void> make_folder(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  return error ? failure(fmt::format("{}: {}", folder.string(), error.message()), error.value())
               : Result<void>();
}

}  // namespace

std::filesystem::path day_folder(const std::filesystem::path& data_dir, const std::string& node,
                                 const Day& day) {
  return data_dir / node / day.date;
}

std::string card_file_name(unsigned index, const Day& day) {
  return fmt::format("gpu{}_{}.csv", index, day.date);
}

std::string average_file_name(const Day& day) {
  return fmt::format("average_{}.csv", day.date);
}

std::string summary_file_name(const Day& day) {
  return fmt::format("summary_{}.txt", day.date);
}

Result<DataFolder> DataFolder::open(const std::filesystem::path& folder) {
  if (const auto made = make_folder(folder); !made) {
    return tl::make_unexpected(made.error());
  }
  DataFolder data;
  data.folder_ = folder;
  constexpr mode_t kMode = 0644;
  const auto path = folder / kLockName;
  data.lock_.reset(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, kMode));
  if (!data.lock_) {
    return failure(fmt::format("{}: {}", path.string(), strerror(errno)), errno);
  }
  if (flock(data.lock_.get(), LOCK_EX | LOCK_NB) != 0) {
    return failure(errno == EWOULDBLOCK
                       ? fmt::format("{}: another run writes there now", folder.string())
                       : fmt::format("{}: {}", path.string(), strerror(errno)),
                   errno);
  }
  return data;
}

std::vector<Result<bool>> DataFolder::write(const std::vector<NodeOfDay>& nodes, const Zone& zone,
                                            const Form& form) const {
  // They mostly wait for the disk, which takes many at a time.
  constexpr unsigned kThreads = 16;
  std::vector<Result<bool>> written(nodes.size(), false);
  const EndHeld held;
  reading::parallel_for(
      nodes.size(), kThreads,
      [&](std::size_t item, unsigned /*worker*/) {
        if (!EndHeld::is_waiting()) {
          written[item] = write_day(nodes[item], zone, form);
        }
      },
      [] {});
  return written;
}

Result<bool> DataFolder::write_day(const NodeOfDay& node, const Zone& zone,
                                   const Form& form) const {
  const auto folder = day_folder(folder_, node.figures.node, node.day);
  const Words& words = words_of(form.titles);
  std::error_code ignored;
  if (!node.figures.has_data() &&
      std::filesystem::exists(folder / average_file_name(node.day), ignored)) {
    return false;
  }
  auto written = make_folder(folder);
  for (const CardDay& card : node.data.cards) {
    if (written && !card.buckets.empty()) {
      written = write_file(folder / card_file_name(card.index, node.day),
                           card_csv(card, zone, words, form.null_as_zero));
    }
  }
  if (written) {
    written = write_file(folder / average_file_name(node.day), average_csv(node.figures, words));
  }
  if (written) {
    written = write_file(folder / summary_file_name(node.day),
                         summary_text(node.figures, node.day, node.data.tasks, words));
  }
  if (!written) {
    return tl::make_unexpected(written.error());
  }
  for (const auto& synced : {folder, folder.parent_path(), folder_}) {
    if (const int code = sync_folder(synced); code != 0) {
      return failure(fmt::format("{}: {}", synced.string(), strerror(code)), code);
    }
  }
  return true;
}

Result<std::filesystem::path> DataFolder::write_page(const std::string& name,
                                                     const std::string& text) const {
  const EndHeld held;
  const auto written = write_file(folder_ / name, text);
  return written ? Result<std::filesystem::path>(folder_ / name)
                 : tl::make_unexpected(written.error());
}

}  // namespace wemol::report::daily
