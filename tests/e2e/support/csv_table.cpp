#include "csv_table.h"

#include <algorithm>
#include <optional>
#include <stdexcept>

#include "process.h"

namespace wemol::e2e {
namespace {

constexpr std::string_view kLineEnd = "\r\n";

[[noreturn]] void refuse(std::string_view text, std::size_t at, const std::string& why) {
  throw std::runtime_error(why + " at byte " + std::to_string(at) + " of:\n" + std::string(text));
}

class Reader {
 public:
  Reader(std::string_view text, std::string_view header)
      : text_(text), columns_(1 + static_cast<std::size_t>(std::ranges::count(header, ','))) {}

  [[nodiscard]] bool at_end() const { return at_ == text_.size(); }

  std::vector<std::string> record() {
    std::vector<std::string> fields{field()};
    while (!at_end() && text_[at_] == ',') {
      ++at_;
      fields.push_back(field());
    }
    if (text_.substr(at_, kLineEnd.size()) != kLineEnd) {
      refuse(text_, at_, "no CRLF");
    }
    at_ += kLineEnd.size();
    if (fields.size() != columns_) {
      refuse(text_, at_, std::to_string(fields.size()) + " columns end");
    }
    return fields;
  }

 private:
  std::string field() { return !at_end() && text_[at_] == '"' ? quoted_field() : plain_field(); }

  std::string plain_field() {
    const std::size_t end = std::min(text_.find_first_of(",\"\r\n", at_), text_.size());
    if (end < text_.size() && text_[end] == '"') {
      refuse(text_, end, "a quote in a plain field");
    }
    std::string field(text_.substr(at_, end - at_));
    at_ = end;
    return field;
  }

  std::string quoted_field() {
    const std::size_t begin = at_;
    std::string field;
    for (++at_; !at_end(); ++at_) {
      if (text_[at_] == '"' && text_.substr(at_, 2) != "\"\"") {
        ++at_;
        if (field.find_first_of(",\"\r\n") == std::string::npos) {
          refuse(text_, begin, "quotes without need");
        }
        return field;
      }
      at_ += text_[at_] == '"' ? 1U : 0U;
      field += text_[at_];
    }
    refuse(text_, begin, "an open quote");
  }

  std::string_view text_;
  std::size_t columns_;
  std::size_t at_ = 0;
};

}  // namespace

std::vector<Row> parse_csv(std::string_view text, std::string_view header) {
  if (!text.starts_with(std::string(header) + std::string(kLineEnd))) {
    refuse(text, 0, "another header");
  }
  Reader reader(text, header);
  const std::vector<std::string> columns = reader.record();
  std::vector<Row> rows;
  while (!reader.at_end()) {
    const std::vector<std::string> fields = reader.record();
    Row& row = rows.emplace_back();
    for (std::size_t i = 0; i < fields.size(); ++i) {
      row[columns[i]] = fields[i];
    }
  }
  return rows;
}

std::vector<Row> read_csv(const std::filesystem::path& path, std::string_view header) {
  const std::string text = std::filesystem::exists(path) ? read_text(path) : std::string();
  return text.empty() ? std::vector<Row>() : parse_csv(text, header);
}

}  // namespace wemol::e2e
