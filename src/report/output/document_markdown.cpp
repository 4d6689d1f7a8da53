#include <string_view>

#include "document.h"

namespace wemol::report {
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

}  // namespace wemol::report
