#pragma once

#include <span>
#include <string>
#include <string_view>

namespace wemol::serve {

enum class ContentCoding { identity, gzip, brotli };

/// The best of those that a client takes (its Accept-Encoding, with weights) and the server has.
[[nodiscard]] ContentCoding choose_coding(std::string_view accept_encoding, bool has_gzip,
                                          bool has_brotli);

/// The parts one after the other, compressed. For texts that change often: fast, not as small as
/// can be.
[[nodiscard]] std::string gzip_text(std::span<const std::string_view> parts);
[[nodiscard]] std::string brotli_text(std::span<const std::string_view> parts);

}  // namespace wemol::serve
