#include "block_lines.h"

#include <algorithm>

#include "text.h"

namespace wemol::queue {
namespace {

bool ends_in_open_backslash(std::string_view line) {
  const std::size_t last_other = line.find_last_not_of('\\');
  const std::size_t count =
      last_other == std::string_view::npos ? line.size() : line.size() - last_other - 1;
  return count % 2 == 1;
}

/// Why the line is no text; empty when it is.
std::string_view fault_of(std::string_view line) {
  if (!is_utf8(line)) {
    return "the line is not UTF-8";
  }
  const bool has_control = std::ranges::any_of(line, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && byte != '\t') || byte == 0x7F;
  });
  return has_control ? "the line holds a control character" : "";
}

class BlockSplitter {
 public:
  void take(std::string_view line, std::size_t number) {
    if (line.ends_with('\r')) {
      line.remove_suffix(1);
    }
    const std::string_view text = trimmed(line);
    if (text.empty()) {
      end_block();
      return;
    }
    if (text.front() == '#' && !is_continued_) {
      return;
    }
    if (block_.first_line == 0) {
      block_.first_line = number;
    }
    block_.last_line = number;
    if (const auto fault = fault_of(text); !fault.empty()) {
      refuse(number, std::string(fault));
    }
    add(text, number);
  }

  std::vector<LineBlock> finish() {
    end_block();
    return std::move(blocks_);
  }

 private:
  void add(std::string_view text, std::size_t number) {
    if (is_continued_) {
      block_.lines.back().text += text;
    } else {
      block_.lines.push_back({std::string(text), number});
    }
    is_continued_ = ends_in_open_backslash(text);
    if (is_continued_) {
      block_.lines.back().text.pop_back();
    }
  }

  void refuse(std::size_t line, std::string reason) {
    if (!block_.error) {
      block_.error = BlockError{.line = line, .reason = std::move(reason)};
    }
  }

  void end_block() {
    if (block_.first_line == 0) {
      return;
    }
    if (is_continued_) {
      refuse(block_.last_line, "the line ends in a backslash, and no other follows");
    }
    if (block_.error) {
      block_.error->first_line = block_.first_line;
      block_.error->last_line = block_.last_line;
    }
    blocks_.push_back(std::move(block_));
    block_ = {};
    is_continued_ = false;
  }

  std::vector<LineBlock> blocks_;
  LineBlock block_;
  bool is_continued_ = false;
};

}  // namespace

std::vector<LineBlock> split_into_blocks(std::string_view text) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.starts_with(kByteOrderMark)) {
    text.remove_prefix(kByteOrderMark.size());
  }
  BlockSplitter splitter;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = text.find('\n');
    splitter.take(text.substr(0, end), number);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return splitter.finish();
}

}  // namespace wemol::queue
