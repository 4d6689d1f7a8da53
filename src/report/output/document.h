#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace wemol::report {

enum class Align { left, right };

struct Column {
  std::string title;
  Align align = Align::right;
  std::string group = {};  ///< stands above neighboring columns of the same group
};

/// How a cell stands out where there is color. No meaning hangs on it alone.
enum class Tone { plain, warning };

struct Cell {
  Cell(std::string cell_text, Tone cell_tone = Tone::plain)  // NOLINT(google-explicit-constructor)
      : text(std::move(cell_text)), tone(cell_tone) {}

  std::string text;
  Tone tone = Tone::plain;
};

struct Table {
  std::vector<Column> columns;
  std::vector<std::vector<Cell>> rows;  ///< each with a cell per column
};

/// A table, lines that are shown as they are, or both.
struct Section {
  std::string title;
  std::optional<Table> table = std::nullopt;
  std::vector<std::string> lines = {};
};

/// What a command has to say to a person, whatever the format. Texts are UTF-8 without control
/// characters.
struct Document {
  std::vector<Section> sections;
  std::vector<std::string> notes;  ///< at the foot, a paragraph each
};

struct TextStyle {
  std::size_t width = 80;  ///< for the notes; a table is as wide as it must be
  bool color = false;
};

[[nodiscard]] std::string document_text(const Document& document, const TextStyle& style);
[[nodiscard]] std::string document_markdown(const Document& document);

/// How many cells of a terminal the text takes: two for a Chinese character, none for an accent
/// that stands over another character. The text is UTF-8 without control characters.
[[nodiscard]] std::size_t display_width(std::string_view text);

/// Filled with blanks up to `width` cells.
[[nodiscard]] std::string padded_right(std::string_view text, std::size_t width);
[[nodiscard]] std::string padded_left(std::string_view text, std::size_t width);

/// Cut between words into lines of at most `width` cells; a longer word stays whole.
[[nodiscard]] std::vector<std::string> wrapped(std::string_view text, std::size_t width);

}  // namespace wemol::report
