#include "content_coding.h"

#include <brotli/encode.h>
#include <zlib.h>

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <new>
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

/// What is compressed comes block by block: to reserve for the worst case would double the memory
/// that a large text takes.
constexpr std::size_t kBlock = std::size_t{64} << 10;

/// Room for a block after the first `written` bytes.
unsigned char* next_block(std::string& text, std::size_t written) {
  text.resize(written + kBlock);
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): how zlib's and Brotli's interfaces
  // are made
  return reinterpret_cast<unsigned char*>(text.data() + written);
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

std::string gzip_text(std::span<const std::string_view> parts) {
  constexpr int kLevel = 4;
  constexpr int kGzipWindow = 15 + 16;  // 16 asks for gzip's head and end
  constexpr int kMemory = 8;
  z_stream stream{};
  if (deflateInit2(&stream, kLevel, Z_DEFLATED, kGzipWindow, kMemory, Z_DEFAULT_STRATEGY) != Z_OK) {
    throw std::bad_alloc();
  }
  const std::unique_ptr<z_stream, decltype(&deflateEnd)> ends(&stream, &deflateEnd);
  std::string result;
  const auto step = [&](int flush) {
    if (stream.avail_out == 0) {
      stream.next_out = next_block(result, stream.total_out);
      stream.avail_out = kBlock;
    }
    return deflate(&stream, flush);
  };
  for (std::string_view part : parts) {
    while (!part.empty()) {
      const std::string_view slice = part.substr(0, std::numeric_limits<uInt>::max());
      part.remove_prefix(slice.size());
      // NOLINTNEXTLINE(cppcoreguidelines-pro-type-*-cast): how the interface is made
      stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(slice.data()));
      stream.avail_in = static_cast<uInt>(slice.size());
      while (stream.avail_in > 0) {
        step(Z_NO_FLUSH);
      }
    }
  }
  while (step(Z_FINISH) != Z_STREAM_END) {
  }
  result.resize(stream.total_out);
  return result;
}

std::string brotli_text(std::span<const std::string_view> parts) {
  constexpr std::uint32_t kQuality = 4;
  const std::unique_ptr<BrotliEncoderState, decltype(&BrotliEncoderDestroyInstance)> encoder(
      BrotliEncoderCreateInstance(nullptr, nullptr, nullptr), &BrotliEncoderDestroyInstance);
  if (!encoder) {
    throw std::bad_alloc();
  }
  BrotliEncoderSetParameter(encoder.get(), BROTLI_PARAM_QUALITY, kQuality);
  BrotliEncoderSetParameter(encoder.get(), BROTLI_PARAM_MODE, BROTLI_MODE_TEXT);
  std::string result;
  std::size_t written = 0;
  std::size_t room = 0;
  std::uint8_t* next_out = nullptr;
  const std::uint8_t* next_in = nullptr;
  std::size_t left = 0;
  const auto step = [&](BrotliEncoderOperation operation) {
    if (room == 0) {
      next_out = next_block(result, written);
      room = kBlock;
    }
    if (BrotliEncoderCompressStream(encoder.get(), operation, &left, &next_in, &room, &next_out,
                                    &written) == BROTLI_FALSE) {
      throw std::runtime_error("a text cannot be compressed");
    }
  };
  for (const std::string_view part : parts) {
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): how the interface is made
    next_in = reinterpret_cast<const std::uint8_t*>(part.data());
    left = part.size();
    while (left > 0) {
      step(BROTLI_OPERATION_PROCESS);
    }
  }
  while (BrotliEncoderIsFinished(encoder.get()) == BROTLI_FALSE) {
    step(BROTLI_OPERATION_FINISH);
  }
  result.resize(written);
  return result;
}

}  // namespace wemol::serve
