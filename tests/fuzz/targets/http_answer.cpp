#include <algorithm>
#include <string>
#include <tuple>

#include "fuzz_target.h"
#include "http_answer_parser.h"
#include "properties.h"

namespace wemol::fuzz {
namespace {

/// Whether the answer is complete, its status and body. Why there is none may depend on the pieces:
/// a line that is cut is judged only when the head is there.
using Outcome = std::tuple<bool, long, std::string>;

Outcome outcome_of(std::string_view text, std::size_t piece_length, std::size_t cap_bytes) {
  HttpAnswerParser parser(cap_bytes);
  Result<void> result;
  while (result && !parser.is_complete() && !text.empty()) {
    result = parser.put(text.substr(0, piece_length));
    text.remove_prefix(std::min(piece_length, text.size()));
    require(parser.body_bytes() <= cap_bytes, "no more of a body is kept than may be");
  }
  if (result && !parser.is_complete()) {
    result = parser.put_end();
  }
  require(result.has_value() == parser.is_complete(),
          "an answer is complete, or there is a reason");
  if (!result) {
    require(is_clean_line(result.error().message), "why there is no answer is a clean line");
    return {false, 0, {}};
  }
  require(parser.has_head() && parser.status() >= 0, "a complete answer has a status");
  return {true, parser.status(), parser.take_body()};
}

/// What a server sends before it closes the connection.
void check_http_answer(std::string_view input) {
  constexpr std::size_t kCapBytes = std::size_t{1} << 20;
  constexpr std::size_t kSmallCapBytes = 10;
  constexpr std::size_t kShortPiece = 7;
  // What is longer may have a line that is too long only when its parts come one by one.
  constexpr std::size_t kLongestLine = std::size_t{16} << 10;
  const Outcome whole = outcome_of(input, std::max<std::size_t>(input.size(), 1), kCapBytes);
  const Outcome in_pieces = outcome_of(input, kShortPiece, kCapBytes);
  require(input.size() > kLongestLine || whole == in_pieces,
          "it does not matter in which pieces an answer arrives");
  (void)outcome_of(input, kShortPiece, kSmallCapBytes);
}

const Target http_answer_target("http_answer", check_http_answer);

}  // namespace
}  // namespace wemol::fuzz
