#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace wemol {

/// Rows in order, one behind the other in one text, whose memory serves the next ones too.
class WaitingRows {
 public:
  [[nodiscard]] bool empty() const { return first_ == ends_.size(); }
  [[nodiscard]] std::size_t size() const { return ends_.size() - first_; }
  [[nodiscard]] std::size_t bytes() const { return text_.size() - begin_of_first(); }
  [[nodiscard]] std::string_view front() const {
    return std::string_view(text_).substr(begin_of_first(), ends_[first_] - begin_of_first());
  }

  void push(std::string_view row) {
    text_ += row;
    ends_.push_back(text_.size());
  }
  void pop() {
    ++first_;
    if (empty()) {
      first_ = 0;
      text_.clear();
      ends_.clear();
      if (text_.capacity() > kUsualBytes) {  // many have waited
        text_.shrink_to_fit();
        ends_.shrink_to_fit();
      }
    } else if (begin_of_first() > kUsualBytes && begin_of_first() > text_.size() / 2) {
      drop_popped();
    }
  }

 private:
  static constexpr std::size_t kUsualBytes = 4096;

  [[nodiscard]] std::size_t begin_of_first() const { return first_ == 0 ? 0 : ends_[first_ - 1]; }
  void drop_popped() {
    const std::size_t popped = begin_of_first();
    text_.erase(0, popped);
    ends_.erase(ends_.begin(), ends_.begin() + static_cast<std::ptrdiff_t>(first_));
    for (std::size_t& end : ends_) {
      end -= popped;
    }
    first_ = 0;
  }

  std::string text_;
  std::vector<std::size_t> ends_;
  std::size_t first_ = 0;
};

}  // namespace wemol
