#include "config_file.h"

#include <yaml-cpp/yaml.h>

#include <cerrno>
#include <map>
#include <system_error>

#include <fmt/format.h>

#include "config_keys.h"
#include "files.h"
#include "text.h"

namespace wemol::queue {
namespace {

class ConfigReader {
 public:
  explicit ConfigReader(const std::filesystem::path& path) : path_(path) {
    reading_.settings = default_settings(path);
  }

  void take(const YAML::Node& document) {
    if (document.IsNull()) {
      return;
    }
    if (!document.IsMap()) {
      complain(document.Mark(), "the file has to be a map: \"gpu_left: 1\"");
      return;
    }
    take_map(document, "");
  }

  void complain(const YAML::Mark& mark, std::string_view text) {
    faults_ += fmt::format("{}{}: {}", faults_.empty() ? "" : "; ", place(mark), text);
  }

  [[nodiscard]] Result<ConfigReading> finish() {
    if (!faults_.empty()) {
      return failure(faults_);
    }
    QueueSettings& settings = reading_.settings;
    settings.work_dir = (folder() / settings.work_dir).lexically_normal();
    if (!settings.work_dir.has_filename() && settings.work_dir.has_relative_path()) {
      settings.work_dir = settings.work_dir.parent_path();  // without the slash at its end
    }
    return std::move(reading_);
  }

 private:
  [[nodiscard]] std::filesystem::path folder() const {
    return std::filesystem::absolute(path_).lexically_normal().parent_path();
  }

  [[nodiscard]] std::string place(const YAML::Mark& mark) const {
    return mark.line < 0 ? path_.string() : fmt::format("{}:{}", path_.string(), mark.line + 1);
  }

  void take_map(const YAML::Node& map, const std::string& section) {
    for (const auto& entry : map) {
      if (!entry.first.IsScalar()) {
        complain(entry.first.Mark(), "a key has to be a word");
        continue;
      }
      const std::string name = section + entry.first.Scalar();
      const YAML::Node value = entry.second;
      if (const ConfigKey* const key = find_config_key(name)) {
        take_value(*key, entry.first.Mark(), value);
      } else if (is_config_section(name) && value.IsMap()) {
        take_map(value, name + ".");
      } else if (is_config_section(name)) {
        complain_about_section(entry.first.Mark(), name, value);
      } else {
        warn(entry.first.Mark(), name);
      }
    }
  }

  void complain_about_section(const YAML::Mark& mark, const std::string& name,
                              const YAML::Node& value) {
    if (!value.IsNull()) {
      complain(mark, fmt::format("{} has to be a map of keys", name));
    }
  }

  /// A key without a value keeps its default.
  void take_value(const ConfigKey& key, const YAML::Mark& mark, const YAML::Node& value) {
    const auto [first, is_new] = lines_.try_emplace(key.name, mark.line + 1);
    if (!is_new) {
      complain(mark, fmt::format("{} stands in line {} already", key.name, first->second));
      return;
    }
    const std::string wanted = value.IsNull() ? "" : key.set(value, reading_.settings);
    if (!wanted.empty()) {
      const std::string given = value.IsScalar() ? printable(value.Scalar())
                                : value.IsMap()  ? "a map"
                                                 : "a list";
      complain(mark, fmt::format("{} has to be {}, not {}", key.name, wanted,
                                 value.IsScalar() ? "\"" + given + "\"" : given));
    }
  }

  void warn(const YAML::Mark& mark, const std::string& name) {
    const std::string_view nearest = nearest_config_key(name);
    reading_.warnings.push_back(
        fmt::format("{}: unknown key \"{}\"{}", place(mark), printable(name),
                    nearest.empty() ? "" : fmt::format("; \"{}\"?", nearest)));
  }

  std::filesystem::path path_;
  ConfigReading reading_;
  std::map<std::string_view, int> lines_;  ///< of the keys that were given
  std::string faults_;
};

}  // namespace

QueueSettings default_settings(const std::filesystem::path& path) {
  QueueSettings settings;
  settings.work_dir =
      std::filesystem::absolute(path).lexically_normal().parent_path().parent_path();
  return settings;
}

Result<ConfigReading> parse_config(std::string_view text, const std::filesystem::path& path) {
  ConfigReader reader(path);
  try {
    reader.take(YAML::Load(std::string(text)));
  } catch (const YAML::Exception& error) {
    reader.complain(error.mark, printable(error.msg));
  }
  return reader.finish();
}

Result<ConfigReading> read_config(const std::filesystem::path& path, MissingConfig missing) {
  constexpr std::size_t kMostBytes = std::size_t{1} << 20U;
  const auto text = SystemFileReader().read(path, kMostBytes);
  if (!text && text.error().code == ENOENT && missing == MissingConfig::is_defaults) {
    return ConfigReading{.settings = default_settings(path), .warnings = {}};
  }
  if (!text) {
    return tl::make_unexpected(text.error());
  }
  auto reading = parse_config(*text, path);
  std::error_code error;
  if (reading && !std::filesystem::is_directory(reading->settings.work_dir, error)) {
    return failure(fmt::format("{}: the work_dir {} is no folder", path.string(),
                               printable(reading->settings.work_dir.string())),
                   error.value());
  }
  return reading;
}

}  // namespace wemol::queue
