#include "content_coding.h"

#include <brotli/encode.h>
#include <zlib.h>

#include <algorithm>
#include <cctype>
#include <limits>
#include <stdexcept>

#include "text.h"

namespace wemol::serve {
namespace {

struct Weights {
  double gzip = -1;  ///< below 0: not named
  double brotli = -1;
  double others = 0;  ///< "*"
};

std::string lower_case(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(), [](unsigned char c) { return std::tolower(c); });
  return result;
}

/// "gzip;q=0.5"
double weight_of(std::string_view entry) {
  const std::size_t equals = entry.find('=');
  if (equals == std::string_view::npos) {
    return 1;
  }
  return parse_number<double>(trimmed(entry.substr(equals + 1))).value_or(0);
}

Weights weights_of(std::string_view accept_encoding) {
  Weights weights;
  for (const std::string_view entry : split_fields(accept_encoding, ',')) {
    const std::string name = lower_case(trimmed(entry.substr(0, entry.find(';'))));
    if (name == "gzip" || name == "x-gzip") {
      weights.gzip = weight_of(entry);
    } else if (name == "br") {
      weights.brotli = weight_of(entry);
    } else if (name == "*") {
      weights.others = weight_of(entry);
    }
  }
  return weights;
}

}  // namespace

ContentCoding choose_coding(std::string_view accept_encoding, bool has_gzip, bool has_brotli) {
  const Weights weights = weights_of(accept_encoding);
  const auto weight = [&](bool has, double own) {
    return has ? (own < 0 ? weights.others : own) : 0.0;
  };
  const double gzip = weight(has_gzip, weights.gzip);
  const double brotli = weight(has_brotli, weights.brotli);
  if (brotli > 0 && brotli >= gzip) {
    return ContentCoding::brotli;
  }
  return gzip > 0 ? ContentCoding::gzip : ContentCoding::identity;
}

std::string gzip_text(std::string_view text) {
  constexpr int kLevel = 4;
  constexpr int kGzipWindow = 15 + 16;  // 16 asks for gzip's head and end
  constexpr int kMemory = 8;
  z_stream stream{};
  if (text.size() > std::numeric_limits<uInt>::max() ||
      deflateInit2(&stream, kLevel, Z_DEFLATED, kGzipWindow, kMemory, Z_DEFAULT_STRATEGY) != Z_OK) {
    throw std::runtime_error("a text cannot be compressed");
  }
  std::string result(deflateBound(&stream, text.size()), '\0');
  // NOLINTBEGIN(cppcoreguidelines-pro-type-*-cast): how the interface is made
  stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(text.data()));
  stream.next_out = reinterpret_cast<Bytef*>(result.data());
  // NOLINTEND(cppcoreguidelines-pro-type-*-cast)
  stream.avail_in = static_cast<uInt>(text.size());
  stream.avail_out = static_cast<uInt>(result.size());
  const int status = deflate(&stream, Z_FINISH);
  result.resize(stream.total_out);
  deflateEnd(&stream);
  if (status != Z_STREAM_END) {
    throw std::runtime_error("a text cannot be compressed");
  }
  return result;
}

std::string brotli_text(std::string_view text) {
  constexpr int kQuality = 4;
  std::string result(BrotliEncoderMaxCompressedSize(text.size()), '\0');
  std::size_t size = result.size();
  // NOLINTBEGIN(cppcoreguidelines-pro-type-reinterpret-cast): how the interface is made
  const auto done =
      BrotliEncoderCompress(kQuality, BROTLI_DEFAULT_WINDOW, BROTLI_MODE_TEXT, text.size(),
                            reinterpret_cast<const std::uint8_t*>(text.data()), &size,
                            reinterpret_cast<std::uint8_t*>(result.data()));
  // NOLINTEND(cppcoreguidelines-pro-type-reinterpret-cast)
  if (done != BROTLI_TRUE) {
    throw std::runtime_error("a text cannot be compressed");
  }
  result.resize(size);
  return result;
}

}  // namespace wemol::serve
