#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace wemol::hub {

/// Numbers as in the file: seven bits a byte, the low ones first.
class Packer {
 public:
  void number(std::uint64_t value) {
    constexpr std::uint64_t kMore = 0x80;
    for (; value >= kMore; value >>= 7) {
      bytes_ += static_cast<char>(value | kMore);
    }
    bytes_ += static_cast<char>(value);
  }
  void signed_number(std::int64_t value) { number(zigzag(value)); }
  void text(std::string_view value) {
    number(value.size());
    bytes_ += value;
  }
  void append(std::string_view bytes) { bytes_ += bytes; }

  [[nodiscard]] std::size_t size() const { return bytes_.size(); }
  [[nodiscard]] std::string take() { return std::move(bytes_); }

  /// 0, -1, 1, -2, … as 0, 1, 2, 3, …
  [[nodiscard]] static std::uint64_t zigzag(std::int64_t value) {
    constexpr int kSignBit = 63;
    return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> kSignBit);
  }

 private:
  std::string bytes_;
};

/// Reads them. After something that cannot be, failed() is true and all that is read is 0.
class Unpacker {
 public:
  explicit Unpacker(std::string_view bytes) : rest_(bytes) {}

  std::uint64_t number() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (rest_.empty()) {
        break;
      }
      const auto byte = static_cast<std::uint8_t>(rest_.front());
      rest_.remove_prefix(1);
      value |= static_cast<std::uint64_t>(byte & 0x7FU) << shift;
      if ((byte & 0x80U) == 0) {
        return value;
      }
    }
    fail();
    return 0;
  }
  std::int64_t signed_number() { return unzigzag(number()); }
  std::string_view bytes(std::uint64_t count) {
    if (count > rest_.size()) {
      fail();
      return {};
    }
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }
  std::string_view text() { return bytes(number()); }

  void fail() {
    failed_ = true;
    rest_ = {};
  }
  [[nodiscard]] bool failed() const { return failed_; }
  [[nodiscard]] std::size_t left() const { return rest_.size(); }
  [[nodiscard]] bool is_at_end() const { return rest_.empty(); }

  [[nodiscard]] static std::int64_t unzigzag(std::uint64_t value) {
    return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
  }

 private:
  std::string_view rest_;
  bool failed_ = false;
};

}  // namespace wemol::hub
