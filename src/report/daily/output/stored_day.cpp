#include "stored_day.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "csv.h"
#include "day_files.h"
#include "day_texts.h"
#include "files.h"
#include "text.h"
#include "titles.h"

namespace wemol::report::daily {
namespace {

constexpr std::size_t kMostBytes = std::size_t{16} << 20;
constexpr std::size_t kCardColumns = 4;
constexpr std::string_view kOldPrefix = "gpu";

/// A number as card_csv() writes it.
std::optional<Number> parse_value(std::string_view text) {
  if (const auto whole = parse_number<std::int64_t>(text)) {
    return *whole;
  }
  const auto number = parse_number<double>(text);
  return number ? std::optional<Number>(*number) : std::nullopt;
}

Result<std::vector<Bucket>> read_card(const std::filesystem::path& file) {
  const auto text = SystemFileReader().read(file, kMostBytes);
  if (!text) {
    return tl::make_unexpected(text.error());
  }
  std::vector<Bucket> buckets;
  std::string_view rest = *text;
  reading::CsvSplitter splitter(kCardColumns);
  std::size_t bad_lines = 0;
  bool is_header = true;
  while (!rest.empty()) {
    const auto outcome = splitter.next(rest, true);
    if (is_header) {
      is_header = false;
      continue;
    }
    const auto fields = splitter.fields();
    const auto epoch = outcome == reading::CsvSplitter::Outcome::record
                           ? parse_number<std::int64_t>(fields[0])
                           : std::nullopt;
    if (!epoch) {
      bad_lines += outcome == reading::CsvSplitter::Outcome::blank ? 0 : 1;
      continue;
    }
    buckets.push_back({*epoch, parse_value(fields[2]), parse_value(fields[3])});
  }
  if (bad_lines > 0) {
    return failure(fmt::format("{}: {}", file.string(), counted(bad_lines, "bad line")));
  }
  std::ranges::sort(buckets, {}, &Bucket::end_epoch);
  return buckets;
}

constexpr std::array kTitles{Titles::chinese, Titles::english};

std::vector<std::string> parse_users(std::string_view cell) {
  std::vector<std::string> users;
  if (std::ranges::any_of(kTitles, [&](Titles it) { return cell == words_of(it).nobody; })) {
    return users;
  }
  for (const std::string_view user : split_fields(cell, ';')) {
    if (!user.empty()) {
      users.emplace_back(without_formula_guard(user));
    }
  }
  return users;
}

/// "GPU[3]" is the GPU with index 3; "gpu25" the card 25, and its index what the settings say.
std::optional<unsigned> index_of_row(std::string_view name, std::size_t row,
                                     const NodeSettings& node, bool& is_old) {
  if (name.starts_with("GPU[") && name.ends_with(']')) {
    return parse_number<unsigned>(name.substr(4, name.size() - 5));
  }
  if (!name.starts_with(kOldPrefix)) {
    return std::nullopt;
  }
  const auto card = parse_number<unsigned>(name.substr(kOldPrefix.size()));
  if (!card) {
    return std::nullopt;
  }
  is_old = true;
  const auto found = std::ranges::find(node.cards, *card);
  return static_cast<unsigned>(
      found != node.cards.end() ? static_cast<std::size_t>(found - node.cards.begin()) : row);
}

std::optional<unsigned> card_number(const NodeSettings& node, unsigned index) {
  return index < node.cards.size() ? std::optional(node.cards[index]) : std::nullopt;
}

CardDay stored_card(const std::filesystem::path& folder, const NodeSettings& node, const Day& day,
                    unsigned index, std::string_view row_name, bool is_old) {
  CardDay card{.index = index, .card = card_number(node, index)};
  if (is_old) {
    card.card = parse_number<unsigned>(row_name.substr(kOldPrefix.size()));
  }
  // Before it had indices the script called its files by the cards' numbers.
  auto buckets = read_card(folder / card_file_name(is_old ? *card.card : index, day));
  if (buckets) {
    card.buckets = std::move(*buckets);
  } else {
    card.failure = buckets.error().message;
  }
  return card;
}

}  // namespace

namespace {

/// What the text for people tells beside what stands in the CSVs.
class Summary {
 public:
  Summary(const std::filesystem::path& folder, const Day& day)
      : text_(SystemFileReader().read(folder / summary_file_name(day), kMostBytes)) {}

  /// As its title has it; AMD where there is none.
  [[nodiscard]] Vendor vendor() const {
    return text_ && !says(gpu_kind(Vendor::amd)) ? Vendor::nvidia : Vendor::amd;
  }
  /// Whether "nobody" in a cell is so. Where no tasks were asked for it stands there all the same.
  [[nodiscard]] bool knows_users(const NodeSettings& node) const {
    return !text_ || node.source == SourceKind::recorder ||
           says_any([](const Words& words) { return fmt::format("\n{}:\n", words.tasks); });
  }
  [[nodiscard]] bool lacks_users_of(unsigned index) const {
    return says_any([&](const Words& words) { return missing_users_line(index, words); });
  }

 private:
  [[nodiscard]] bool says(std::string_view text) const {
    return text_ && text_->find(text) != std::string::npos;
  }
  template <typename Line>
  [[nodiscard]] bool says_any(const Line& line) const {
    return std::ranges::any_of(kTitles, [&](Titles it) { return says(line(words_of(it))); });
  }

  Result<std::string> text_;
};

}  // namespace

Result<NodeDay> read_stored_day(const std::filesystem::path& data_dir, const NodeSettings& node,
                                const Day& day) {
  const auto folder = day_folder(data_dir, node.name, day);
  const auto text = SystemFileReader().read(folder / average_file_name(day), kMostBytes);
  if (!text) {
    return tl::make_unexpected(text.error());
  }
  const Summary summary(folder, day);
  NodeDay stored{.node = node.name, .vendor = summary.vendor()};
  bool has_users = false;
  std::size_t row = 0;
  for (const std::string_view line : complete_lines(*text)) {
    const std::size_t columns = std::min<std::size_t>(4, split_fields(line, ',').size());
    // Without users there are three columns; a name may have commas, in quotes.
    reading::CsvSplitter splitter(columns);
    std::string_view rest = line;
    if (splitter.next(rest, true) != reading::CsvSplitter::Outcome::record) {
      continue;
    }
    const auto fields = splitter.fields();
    bool is_old = false;
    const auto index = index_of_row(fields[0], row, node, is_old);
    if (!index) {
      continue;
    }
    ++row;
    CardDay card = stored_card(folder, node, day, *index, fields[0], is_old);
    if (columns > 3) {
      card.users = parse_users(fields[3]);
      card.are_users_unknown = card.users.empty() && summary.lacks_users_of(*index);
      has_users = has_users || !card.users.empty() || summary.knows_users(node);
    }
    stored.cards.push_back(std::move(card));
  }
  std::ranges::sort(stored.cards, {}, &CardDay::index);
  if (has_users) {
    stored.tasks.emplace();
  }
  return stored;
}

}  // namespace wemol::report::daily
