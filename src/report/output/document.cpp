#include "document.h"

#include <utf8proc.h>

#include <algorithm>
#include <string_view>

#include "text.h"

namespace wemol::report {
namespace {

constexpr std::string_view kGap = "  ";
constexpr std::string_view kBold = "\x1b[1m";
constexpr std::string_view kYellow = "\x1b[33m";
constexpr std::string_view kReset = "\x1b[0m";

class TextWriter {
 public:
  explicit TextWriter(const TextStyle& style) : style_(style) {}

  void add(const Section& section) {
    text_ += text_.empty() ? "" : "\n";
    if (!section.title.empty()) {
      text_ += marked(section.title, kBold) + "\n";
    }
    if (section.table) {
      add(*section.table);
    }
    for (const std::string& line : section.lines) {
      text_ += line + "\n";
    }
  }

  void add_note(const std::string& note) {
    for (const std::string& line : wrapped(note, style_.width)) {
      text_ += line + "\n";
    }
  }

  void add_blank_line() { text_ += text_.empty() ? "" : "\n"; }

  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  [[nodiscard]] std::string marked(const std::string& text, std::string_view mark) const {
    return style_.color && !mark.empty() ? std::string(mark) + text + std::string(kReset) : text;
  }

  static std::vector<std::size_t> widths_of(const Table& table) {
    std::vector<std::size_t> widths;
    for (std::size_t at = 0; at < table.columns.size(); ++at) {
      std::size_t width = display_width(table.columns[at].title);
      for (const auto& row : table.rows) {
        width = std::max(width, display_width(row[at].text));
      }
      widths.push_back(width);
    }
    return widths;
  }

  /// Where the columns `first` to before `end` have to share a group's name that is wider than they
  /// are, the first grows.
  static void make_room_for_groups(const std::vector<Column>& columns,
                                   std::vector<std::size_t>& widths) {
    for (std::size_t first = 0; first < columns.size();) {
      const std::size_t end = end_of_group(columns, first);
      std::size_t width = kGap.size() * (end - first - 1);
      for (std::size_t at = first; at < end; ++at) {
        width += widths[at];
      }
      const std::size_t name = display_width(columns[first].group);
      widths[first] += name > width ? name - width : 0;
      first = end;
    }
  }

  static std::size_t end_of_group(const std::vector<Column>& columns, std::size_t first) {
    std::size_t end = first + 1;
    while (!columns[first].group.empty() && end < columns.size() &&
           columns[end].group == columns[first].group) {
      ++end;
    }
    return end;
  }

  void add(const Table& table) {
    std::vector<std::size_t> widths = widths_of(table);
    make_room_for_groups(table.columns, widths);
    if (std::ranges::any_of(table.columns, [](const Column& c) { return !c.group.empty(); })) {
      add_groups(table.columns, widths);
    }
    std::vector<Cell> titles;
    for (const Column& column : table.columns) {
      titles.emplace_back(column.title);
    }
    add_row(table.columns, widths, titles, kBold);
    for (const auto& row : table.rows) {
      add_row(table.columns, widths, row, {});
    }
  }

  /// Each group's name over the right end of its columns, as their numbers stand.
  void add_groups(const std::vector<Column>& columns, const std::vector<std::size_t>& widths) {
    std::string line;
    for (std::size_t first = 0; first < columns.size();) {
      const std::size_t end = end_of_group(columns, first);
      std::size_t width = kGap.size() * (end - first - 1);
      for (std::size_t at = first; at < end; ++at) {
        width += widths[at];
      }
      line += first == 0 ? "" : kGap;
      line += padded_left(columns[first].group, width);
      first = end;
    }
    add_line(marked(line, kBold));
  }

  void add_row(const std::vector<Column>& columns, const std::vector<std::size_t>& widths,
               const std::vector<Cell>& cells, std::string_view mark) {
    std::string line;
    for (std::size_t at = 0; at < columns.size(); ++at) {
      const Cell& cell = cells[at];
      const std::string text = columns[at].align == Align::left
                                   ? padded_right(cell.text, widths[at])
                                   : padded_left(cell.text, widths[at]);
      line += at == 0 ? "" : kGap;
      line += marked(text, cell.tone == Tone::warning ? kYellow : mark);
    }
    add_line(std::move(line));
  }

  void add_line(std::string line) {
    line.resize(line.find_last_not_of(' ') + 1);
    text_ += line + "\n";
  }

  TextStyle style_;
  std::string text_;
};

}  // namespace

std::string document_text(const Document& document, const TextStyle& style) {
  TextWriter writer(style);
  for (const Section& section : document.sections) {
    writer.add(section);
  }
  for (const std::string& note : document.notes) {
    writer.add_blank_line();
    writer.add_note(note);
  }
  return writer.take();
}

namespace {

std::string escaped(std::string_view text) {
  constexpr std::string_view kSpecial = "\\|`*_<>[]";
  std::string result;
  for (const char c : text) {
    if (kSpecial.find(c) != std::string_view::npos) {
      result += '\\';
    }
    result += c;
  }
  return result;
}

std::string markdown_table(const Table& table) {
  std::string titles = "|";
  std::string rule = "|";
  for (const Column& column : table.columns) {
    const std::string space = column.group.empty() || column.title.empty() ? "" : " ";
    titles += " " + escaped(column.group + space + column.title) + " |";
    rule += column.align == Align::left ? "---|" : "---:|";
  }
  std::string text = titles + "\n" + rule + "\n";
  for (const auto& row : table.rows) {
    text += "|";
    for (const Cell& cell : row) {
      text += " " + escaped(cell.text) + " |";
    }
    text += "\n";
  }
  return text;
}

}  // namespace

std::string document_markdown(const Document& document) {
  std::string text;
  const auto add_part = [&](const std::string& part) { text += (text.empty() ? "" : "\n") + part; };
  for (const Section& section : document.sections) {
    if (!section.title.empty()) {
      add_part("## " + escaped(section.title) + "\n");
    }
    if (section.table) {
      add_part(markdown_table(*section.table));
    }
    if (!section.lines.empty()) {
      std::string block = "```\n";
      for (const std::string& line : section.lines) {
        block += line + "\n";
      }
      add_part(block + "```\n");
    }
  }
  for (const std::string& note : document.notes) {
    add_part(escaped(note) + "\n");
  }
  return text;
}

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) {
    utf8proc_int32_t character = 0;
    const auto* const bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
    const auto length =
        utf8proc_iterate(bytes, static_cast<utf8proc_ssize_t>(text.size()), &character);
    // What is no character is shown as one that stands in for it.
    width += length > 0 ? static_cast<std::size_t>(utf8proc_charwidth(character)) : 1;
    text.remove_prefix(length > 0 ? static_cast<std::size_t>(length) : 1);
  }
  return width;
}

std::string padded_right(std::string_view text, std::size_t width) {
  const std::size_t own = display_width(text);
  return std::string(text) + std::string(width > own ? width - own : 0, ' ');
}

std::string padded_left(std::string_view text, std::size_t width) {
  const std::size_t own = display_width(text);
  return std::string(width > own ? width - own : 0, ' ') + std::string(text);
}

std::vector<std::string> wrapped(std::string_view text, std::size_t width) {
  std::vector<std::string> lines(1);
  for (const std::string_view word : split_fields(text, ' ')) {
    if (!lines.back().empty() && display_width(lines.back()) + 1 + display_width(word) > width) {
      lines.emplace_back();
    }
    lines.back() += lines.back().empty() ? "" : " ";
    lines.back() += word;
  }
  return lines;
}

}  // namespace wemol::report
