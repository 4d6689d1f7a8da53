#include "device_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <tuple>

#include <fmt/format.h>

#include "date_text.h"
#include "files.h"
#include "text.h"

namespace wemol {
namespace {

namespace fs = std::filesystem;

/// Some thousand cards for a day; more is nobody's history, and must not fill the memory.
constexpr std::size_t kLargestFile = std::size_t{1} << 30;
constexpr unsigned kMostNumbers = 100;

constexpr std::string_view kCsv = ".csv";
constexpr std::string_view kCompressed = ".gz";
constexpr std::size_t kDateLength = 10;

Result<std::string> gzip_text(std::string_view content) {
  constexpr int kLevel = 6;
  constexpr int kGzipWindow = 15 + 16;  // 16 asks for gzip's head and end
  constexpr int kMemory = 8;
  z_stream stream{};
  if (deflateInit2(&stream, kLevel, Z_DEFLATED, kGzipWindow, kMemory, Z_DEFAULT_STRATEGY) != Z_OK) {
    return failure("no memory to compress it", ENOMEM);
  }
  const std::unique_ptr<z_stream, decltype(&deflateEnd)> ends(&stream, &deflateEnd);
  std::string packed(deflateBound(&stream, content.size()), '\0');
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-*-cast): how the interface is made
  stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(content.data()));
  stream.avail_in = static_cast<uInt>(content.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  if (deflate(&stream, Z_FINISH) != Z_STREAM_END) {
    return failure("it cannot be compressed");
  }
  packed.resize(stream.total_out);
  return packed;
}

struct CloseGzip {
  void operator()(gzFile file) const { gzclose(file); }
};

Result<std::string> gunzip_file(const fs::path& path, std::string& trouble) {
  UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd) {
    return failure(fmt::format("{}: {}", path.string(), strerror(errno)), errno);
  }
  const std::unique_ptr<gzFile_s, CloseGzip> file(gzdopen(fd.get(), "rb"));
  if (!file) {
    return failure(fmt::format("{}: no memory to unpack it", path.string()), ENOMEM);
  }
  (void)fd.release();
  constexpr unsigned kBlock = 1U << 18U;
  gzbuffer(file.get(), kBlock);
  std::string text;
  std::size_t length = 0;
  while (true) {
    if (text.size() - length < kBlock) {
      text.resize(std::max<std::size_t>(text.size() * 2, std::size_t{4} * kBlock));
    }
    const int count = gzread(file.get(), text.data() + length, kBlock);
    if (count <= 0) {
      break;
    }
    length += static_cast<std::size_t>(count);
    if (length > kLargestFile) {
      return failure(fmt::format("{}: more than 1 GiB, unpacked", path.string()), EFBIG);
    }
  }
  text.resize(length);
  int error = Z_OK;
  const char* const message = gzerror(file.get(), &error);
  if (error != Z_OK) {
    trouble = fmt::format("{}: {}; read up to there", path.string(),
                          error == Z_ERRNO ? strerror(errno) : message);
  }
  return text;
}

}  // namespace

std::optional<DeviceFile> parse_device_file_name(std::string_view name) {
  DeviceFile file;
  if (name.ends_with(kCompressed)) {
    file.is_compressed = true;
    name.remove_suffix(kCompressed.size());
  }
  if (!name.ends_with(kCsv)) {
    return std::nullopt;
  }
  name.remove_suffix(kCsv.size());
  const auto date = parse_date(name.substr(0, kDateLength));
  if (!date) {
    return std::nullopt;
  }
  file.date = *date;
  name.remove_prefix(kDateLength);
  if (!name.empty()) {
    const auto number = name.front() == '-' ? parse_number<unsigned>(name.substr(1)) : std::nullopt;
    if (number.value_or(0) < 2) {
      return std::nullopt;
    }
    file.number = *number;
  }
  return file;
}

Result<std::vector<DeviceFile>> list_device_files(const fs::path& devices_folder) {
  std::error_code error;
  std::vector<DeviceFile> files;
  for (fs::directory_iterator entry(devices_folder, error), end; !error && entry != end;
       entry.increment(error)) {
    auto file = parse_device_file_name(entry->path().filename().string());
    std::error_code unknown;
    if (file && entry->is_regular_file(unknown)) {
      file->path = entry->path();
      files.push_back(std::move(*file));
    }
  }
  if (error) {
    return failure(fmt::format("{}: {}", devices_folder.string(), error.message()), error.value());
  }
  std::ranges::sort(files, [](const DeviceFile& one, const DeviceFile& other) {
    return std::tie(one.date, one.number, one.path) <
           std::tie(other.date, other.number, other.path);
  });
  return files;
}

Result<std::string> read_device_file(const DeviceFile& file, std::string& trouble) {
  return file.is_compressed ? gunzip_file(file.path, trouble)
                            : SystemFileReader().read(file.path, kLargestFile);
}

Result<void> compress_device_file(const DeviceFile& file) {
  std::string trouble;
  const auto content = read_device_file(file, trouble);
  if (!content) {
    return tl::make_unexpected(content.error());
  }
  std::string stem = file.path.stem().string();
  fs::path target = file.path.string() + std::string(kCompressed);
  bool is_there = false;
  std::error_code unknown;
  for (unsigned number = 2; fs::exists(target, unknown); ++number) {
    std::string broken;
    const auto held = gunzip_file(target, broken);
    is_there = held && broken.empty() && *held == *content;  // a crash came before the removal
    if (is_there) {
      break;
    }
    if (number > kMostNumbers) {
      return failure(fmt::format("{}: all names for it are taken", file.path.string()), EEXIST);
    }
    target =
        file.path.parent_path() / fmt::format("{}-{}.csv.gz", stem.substr(0, kDateLength), number);
  }
  if (!is_there) {
    const auto packed = gzip_text(*content);
    if (!packed) {
      return failure(fmt::format("{}: {}", file.path.string(), packed.error().message),
                     packed.error().code);
    }
    struct stat status {};
    const mode_t mode = stat(file.path.c_str(), &status) == 0 ? status.st_mode & 0777U : 0600U;
    if (auto written = replace_file(target, *packed, Durability::at_once, mode); !written) {
      return written;
    }
  }
  fs::remove(file.path, unknown);
  return unknown ? failure(fmt::format("{}: {}", file.path.string(), unknown.message()),
                           unknown.value())
                 : Result<void>();
}

}  // namespace wemol
