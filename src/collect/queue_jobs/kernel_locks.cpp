#include "kernel_locks.h"

#include <vector>

#include "text.h"

namespace wemol {
namespace {

constexpr int kHexadecimal = 16;

/// The words of a line, however many blanks lie between them.
std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  for (const std::string_view word : split_fields(line, ' ')) {
    if (!word.empty()) {
      words.push_back(word);
    }
  }
  return words;
}

/// "00:19:1234": the device's numbers are hexadecimal, the inode's is not.
std::optional<LockedFile> parse_locked_file(std::string_view text) {
  const auto parts = split_fields(text, ':');
  if (parts.size() != 3) {
    return std::nullopt;
  }
  const auto device_major = parse_number<unsigned>(parts[0], kHexadecimal);
  const auto device_minor = parse_number<unsigned>(parts[1], kHexadecimal);
  const auto inode = parse_number<std::uint64_t>(parts[2]);
  if (!device_major || !device_minor || !inode) {
    return std::nullopt;
  }
  return LockedFile{*device_major, *device_minor, *inode};
}

}  // namespace

std::map<LockedFile, pid_t> parse_exclusive_flocks(std::string_view locks) {
  // "5: FLOCK  ADVISORY  WRITE 4711 00:19:1234 0 EOF". One that waits has "->" behind the number.
  enum Word : std::size_t { kKind = 1, kAccess = 3, kPid = 4, kFile = 5, kFewest = 6 };
  std::map<LockedFile, pid_t> held;
  for (const std::string_view line : complete_lines(locks)) {
    const auto words = words_of(line);
    if (words.size() < kFewest || words[kKind] != "FLOCK" || words[kAccess] != "WRITE") {
      continue;
    }
    const auto file = parse_locked_file(words[kFile]);
    const auto pid = parse_number<pid_t>(words[kPid]);
    if (file && pid) {
      held.emplace(*file, *pid);
    }
  }
  return held;
}

}  // namespace wemol
