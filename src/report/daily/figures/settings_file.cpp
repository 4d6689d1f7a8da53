#include "settings_file.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <utility>

#include <fmt/format.h>
#include <toml++/toml.h>

#include "files.h"
#include "text.h"
#include "zone.h"

namespace wemol::report::daily {
namespace {

constexpr unsigned kMostIndex = 1023;
constexpr std::int64_t kMostCard = 1'000'000;

constexpr std::array<std::string_view, 6> kTopKeys{"zone",         "points", "timeout",
                                                   "null-as-zero", "node",   "management"};
constexpr std::array<std::string_view, 8> kNodeKeys{"name",    "url", "source",   "cards",
                                                    "id-base", "ids", "instance", "tasks"};
constexpr std::array<std::string_view, 4> kManagementKeys{"url", "token-file", "token-env",
                                                          "ca-file"};

bool is_web_url(std::string_view url) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (url.starts_with(scheme) && url.size() > scheme.size()) {
      return true;
    }
  }
  return false;
}

bool is_loopback(std::string_view url) {
  return std::ranges::any_of(
      std::array{"http://127.", "http://localhost", "http://[::1]"},
      [&](const std::string_view prefix) { return url.starts_with(prefix); });
}

/// A node's name is a folder's too.
bool is_folder_name(const std::string& name) {
  constexpr std::size_t kLongest = 200;
  return !name.empty() && name.size() <= kLongest && name.front() != '.' &&
         name.find('/') == std::string::npos && printable(name) == name;
}

/// Reads the keys of one table. After the first that is wrong the others are not looked at.
class TableReader {
 public:
  TableReader(const toml::table& table, std::string place, std::optional<std::string>& trouble)
      : table_(table), place_(std::move(place)), trouble_(trouble) {}

  void check_keys(std::span<const std::string_view> known, std::vector<std::string>& warnings) {
    for (const auto& [key, value] : table_) {
      // What stands there would be seen by all who may read the settings.
      if (key.str() == "token") {
        wrong("token", "a token does not belong into this file: use token-file or token-env");
      } else if (std::ranges::find(known, key.str()) == known.end()) {
        warnings.push_back(fmt::format("line {}: {}{}: there is no such key",
                                       value.source().begin.line, prefix(), printable(key.str())));
      }
    }
  }

  void wrong(std::string_view key, std::string_view what) {
    if (!trouble_) {
      trouble_ = fmt::format("{}{}: {}", prefix(), key, what);
    }
  }

  std::string text(const char* key, bool is_needed) {
    const toml::node* const node = table_.get(key);
    const auto value = node == nullptr ? std::optional("") : node->value_exact<std::string>();
    if (!value || printable(*value) != *value) {
      wrong(key, "a text of one line, in quotes, is expected");
      return {};
    }
    if (is_needed && value->empty()) {
      wrong(key, "is missing");
    }
    return *value;
  }

  /// Of a server, without the slashes at its end: paths are put behind it.
  std::string web_url(const char* key) {
    std::string url = text(key, true);
    if (!url.empty() && !is_web_url(url)) {
      wrong(key, "an URL with http:// or https:// is expected");
    }
    while (url.ends_with('/')) {
      url.pop_back();
    }
    return url;
  }

  std::optional<std::int64_t> whole(const char* key, std::int64_t least, std::int64_t most) {
    const toml::node* const node = table_.get(key);
    if (node == nullptr) {
      return std::nullopt;
    }
    const auto value = node->value_exact<std::int64_t>();
    if (!value || *value < least || *value > most) {
      wrong(key, fmt::format("a whole number from {} to {} is expected", least, most));
      return std::nullopt;
    }
    return value;
  }

  std::chrono::milliseconds seconds(const char* key, std::chrono::milliseconds fallback) {
    constexpr double kLeast = 0.1;
    constexpr double kMost = 600;
    constexpr double kMilli = 1000;
    const toml::node* const node = table_.get(key);
    if (node == nullptr) {
      return fallback;
    }
    const auto value = node->is_number() ? node->value<double>() : std::nullopt;
    if (!value || !(*value >= kLeast && *value <= kMost)) {
      wrong(key, fmt::format("seconds from {} to {} are expected", kLeast, kMost));
      return fallback;
    }
    return std::chrono::milliseconds(static_cast<std::int64_t>(*value * kMilli));
  }

  bool truth(const char* key) {
    const toml::node* const node = table_.get(key);
    const auto value = node == nullptr ? std::optional(false) : node->value_exact<bool>();
    if (!value) {
      wrong(key, "true or false is expected");
    }
    return value.value_or(false);
  }

  std::vector<unsigned> cards(const char* key) {
    std::vector<unsigned> cards;
    const toml::node* const node = table_.get(key);
    const toml::array* const array = node == nullptr ? nullptr : node->as_array();
    if (node != nullptr && array == nullptr) {
      wrong(key, "a list of card numbers is expected");
    }
    for (std::size_t i = 0; array != nullptr && i < array->size(); ++i) {
      const auto card = array->get(i)->value_exact<std::int64_t>();
      const bool is_card = card && *card >= 0 && *card <= kMostCard;
      if (!is_card || std::ranges::find(cards, static_cast<unsigned>(*card)) != cards.end()) {
        wrong(key, "a list of different card numbers is expected");
        return cards;
      }
      cards.push_back(static_cast<unsigned>(*card));
    }
    return cards;
  }

  std::map<std::string, unsigned> ids(const char* key) {
    std::map<std::string, unsigned> ids;
    const toml::node* const node = table_.get(key);
    const toml::table* const table = node == nullptr ? nullptr : node->as_table();
    if (node != nullptr && table == nullptr) {
      wrong(key, "a table of ids and indices is expected");
    }
    if (table == nullptr) {
      return ids;
    }
    for (const auto& [id, value] : *table) {
      const auto index = value.value_exact<std::int64_t>();
      if (!index || *index < 0 || *index > kMostIndex) {
        wrong(fmt::format("{}.{}", key, printable(id.str())),
              fmt::format("an index from 0 to {} is expected", kMostIndex));
        return ids;
      }
      ids.emplace(id.str(), static_cast<unsigned>(*index));
    }
    return ids;
  }

 private:
  [[nodiscard]] std::string prefix() const { return place_.empty() ? "" : place_ + ": "; }

  const toml::table& table_;
  std::string place_;
  std::optional<std::string>& trouble_;
};

class SettingsReader {
 public:
  explicit SettingsReader(std::filesystem::path folder) : folder_(std::move(folder)) {}

  Result<ReadSettings> read(const toml::table& table) {
    TableReader top(table, "", trouble_);
    top.check_keys(kTopKeys, read_.warnings);
    read_top(top);
    read_nodes(table);
    if (const toml::node* const management = table.get("management")) {
      read_management(*management);
    }
    return trouble_ ? failure(*trouble_) : Result<ReadSettings>(std::move(read_));
  }

 private:
  void read_top(TableReader& top) {
    constexpr std::int64_t kSecondsPerDay = 86'400;
    constexpr std::int64_t kMostPoints = 1'440;
    DailySettings& settings = read_.settings;
    settings.zone = top.text("zone", false);
    if (const auto zone = Zone::of(settings.zone); !zone && !trouble_) {
      trouble_ = zone.error().message;
    }
    settings.points =
        static_cast<unsigned>(top.whole("points", 1, kMostPoints).value_or(settings.points));
    if (kSecondsPerDay % settings.points != 0) {
      top.wrong("points", "a number that divides a day into whole seconds is expected");
    }
    settings.timeout = top.seconds("timeout", settings.timeout);
    settings.null_as_zero = top.truth("null-as-zero");
  }

  void read_nodes(const toml::table& table) {
    const toml::node* const node = table.get("node");
    const toml::array* const nodes = node == nullptr ? nullptr : node->as_array();
    if (nodes == nullptr || nodes->empty()) {
      wrong("node: is missing: a [[node]] for each node is expected");
      return;
    }
    std::set<std::string> names;
    for (std::size_t i = 0; i < nodes->size(); ++i) {
      const toml::table* const one = nodes->get(i)->as_table();
      if (one == nullptr) {
        wrong("node: a [[node]] for each node is expected");
        return;
      }
      read_node(*one, i + 1);
      if (!names.insert(read_.settings.nodes.back().name).second) {
        wrong(fmt::format("node {}: name: \"{}\" is the name of another node too", i + 1,
                          read_.settings.nodes.back().name));
      }
    }
  }

  void read_node(const toml::table& table, std::size_t number) {
    NodeSettings& node = read_.settings.nodes.emplace_back();
    const auto name = table["name"].value_exact<std::string>();
    TableReader reader(
        table, name ? fmt::format("node \"{}\"", printable(*name)) : fmt::format("node {}", number),
        trouble_);
    reader.check_keys(kNodeKeys, read_.warnings);
    node.name = reader.text("name", true);
    if (!node.name.empty() && !is_folder_name(node.name)) {
      reader.wrong("name", "a name that a folder can have is expected");
    }
    read_source(reader, node);
    node.cards = reader.cards("cards");
    if (const auto base = reader.whole("id-base", 0, kMostCard)) {
      node.id_base = static_cast<unsigned>(*base);
    }
    node.ids = reader.ids("ids");
    node.instance = reader.text("instance", false);
    read_tasks(reader, node);
  }

  void read_tasks(TableReader& reader, NodeSettings& node) const {
    const std::string tasks = reader.text("tasks", false);
    if (!tasks.empty() && node.source != SourceKind::recorder) {
      reader.wrong("tasks", "is for source = \"recorder\" only");
    }
    node.tasks = tasks.empty() ? "" : folder_ / tasks;
  }

  void read_source(TableReader& reader, NodeSettings& node) const {
    const std::string source = reader.text("source", false);
    if (source == "recorder") {
      node.source = SourceKind::recorder;
    } else if (source == "prometheus") {
      node.source = SourceKind::prometheus;
    } else if (!source.empty() && source != "netdata") {
      reader.wrong("source", "netdata, prometheus or recorder is expected");
    }
    node.url = node.source == SourceKind::recorder ? (folder_ / reader.text("url", true)).string()
                                                   : reader.web_url("url");
  }

  void read_management(const toml::node& node) {
    const toml::table* const table = node.as_table();
    if (table == nullptr) {
      wrong("management: a table [management] is expected");
      return;
    }
    TableReader reader(*table, "management", trouble_);
    reader.check_keys(kManagementKeys, read_.warnings);
    ManagementSettings& management = read_.settings.management.emplace();
    management.url = reader.web_url("url");
    const std::string token_file = reader.text("token-file", false);
    management.token_environment = reader.text("token-env", false);
    if (token_file.empty() == management.token_environment.empty()) {
      reader.wrong("token-file", token_file.empty() ? "is missing, and so is token-env"
                                                    : "there is token-env too: one of them");
    }
    management.token_file = token_file.empty() ? "" : folder_ / token_file;
    const std::string ca_file = reader.text("ca-file", false);
    management.ca_file = ca_file.empty() ? "" : folder_ / ca_file;
    if (management.url.starts_with("http://") && !is_loopback(management.url)) {
      read_.warnings.emplace_back(
          "management: url: with http:// the token can be read by all on the way");
    }
  }

  void wrong(std::string what) {
    if (!trouble_) {
      trouble_ = std::move(what);
    }
  }

  std::filesystem::path folder_;
  ReadSettings read_;
  std::optional<std::string> trouble_;
};

}  // namespace

Result<ReadSettings> parse_settings(std::string_view text, const std::filesystem::path& folder) {
  try {
    return SettingsReader(folder).read(toml::parse(text));
  } catch (const toml::parse_error& error) {
    return failure(
        fmt::format("line {}: {}", error.source().begin.line, printable(error.description())));
  }
}

Result<ReadSettings> read_settings(const std::filesystem::path& file) {
  constexpr std::size_t kMostBytes = std::size_t{64} << 10;
  const auto text = SystemFileReader().read(file, kMostBytes);
  if (!text) {
    return tl::make_unexpected(text.error());
  }
  auto read = parse_settings(*text, std::filesystem::absolute(file).parent_path());
  if (!read) {
    return failure(fmt::format("{}: {}", file.string(), read.error().message));
  }
  for (std::string& warning : read->warnings) {
    warning = fmt::format("{}: {}", file.string(), warning);
  }
  return read;
}

}  // namespace wemol::report::daily
