#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace wemol {

/// A text in parts that belong to others too: what is large already is not copied for it.
class SharedText {
 public:
  /// A part of `owner`, which stays while this text does. Null: of something that lives for ever.
  void add(std::string_view part, std::shared_ptr<const void> owner) {
    size_ += part.size();
    parts_.push_back(part);
    if (owner) {
      owners_.push_back(std::move(owner));
    }
  }
  void add(std::string part) {
    auto own = std::make_shared<const std::string>(std::move(part));
    add(*own, own);
  }

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] const std::vector<std::string_view>& parts() const { return parts_; }
  [[nodiscard]] std::string joined() const {
    std::string text;
    text.reserve(size_);
    for (const std::string_view part : parts_) {
      text += part;
    }
    return text;
  }

 private:
  std::size_t size_ = 0;
  std::vector<std::string_view> parts_;
  std::vector<std::shared_ptr<const void>> owners_;
};

}  // namespace wemol
