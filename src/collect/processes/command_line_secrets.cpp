#include "command_line_secrets.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <utility>

namespace wemol {
namespace {

constexpr std::array<std::string_view, 7> kTellingNames{
    "token", "password", "passwd", "passphrase", "secret", "credential", "key"};

char lower(char c) {
  return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
}

bool is_name_character(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-' || c == '.';
}

bool is_same_word(std::string_view word, std::string_view lower_case) {
  return std::ranges::equal(word, lower_case, {}, lower);
}

bool has_telling_name(std::string_view text) {
  return std::ranges::any_of(kTellingNames, [&](std::string_view name) {
    return std::search(text.begin(), text.end(), name.begin(), name.end(),
                       [&](char in_text, char in_name) { return lower(in_text) == in_name; }) !=
           text.end();
  });
}

/// Where the value of a telling name begins: behind "api_key=", "\"token\":". Nothing: there is
/// none.
std::optional<std::size_t> begin_of_secret(std::string_view text) {
  std::size_t name = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (is_name_character(text[at])) {
      continue;
    }
    const std::string_view before = text.substr(name, at - name);
    name = at + 1;
    // A quotation mark, also one with a backslash, may stand between a name and its sign.
    const std::size_t sign = text.find_first_not_of("\\\"'", at);
    if (sign != std::string_view::npos && (text[sign] == '=' || text[sign] == ':') &&
        has_telling_name(before)) {
      return sign + 1;
    }
  }
  return std::nullopt;
}

struct Span {
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// What is secret in "postgres://user:password@host" and "https://token@host".
std::optional<Span> secret_of_url(std::string_view text) {
  constexpr std::string_view kScheme = "://";
  const std::size_t scheme = text.find(kScheme);
  if (scheme == std::string_view::npos) {
    return std::nullopt;
  }
  const std::size_t user = scheme + kScheme.size();
  const std::size_t end = std::min(text.find_first_of("/?#", user), text.size());
  const std::size_t at = text.substr(0, end).rfind('@');
  if (at == std::string_view::npos || at < user) {
    return std::nullopt;
  }
  const std::size_t colon = text.substr(0, at).find(':', user);
  if (colon != std::string_view::npos) {
    return Span{colon + 1, at};
  }
  const std::string_view protocol = text.substr(0, scheme);
  return protocol.ends_with("http") || protocol.ends_with("https") ? std::optional(Span{user, at})
                                                                   : std::nullopt;
}

class Masking {
 public:
  /// One argument, as the kernel tells them apart.
  void argument(std::string_view text) {
    const auto secret = begin_of_secret(text);
    if (is_next_secret_ || (secret && text.find(' ') > *secret)) {
      word(text);  // blanks in it belong to the value
    } else {
      words(text);
    }
    is_next_secret_ = is_next_secret_ && !text.empty();
    quote_ = '\0';
  }

  void end_argument() { masked_ += '\0'; }
  [[nodiscard]] std::string take() { return std::move(masked_); }

 private:
  /// A shell's text, or a program's own title.
  void words(std::string_view text) {
    for (;;) {
      const std::size_t blank = text.find_first_of(" \t\n");
      const std::string_view first = text.substr(0, blank);
      if (!first.empty()) {
        word(first);
      }
      if (blank == std::string_view::npos) {
        return;
      }
      masked_ += text[blank];
      text.remove_prefix(blank + 1);
    }
  }

  void word(std::string_view text) {
    const bool is_telling = text.starts_with('-') && has_telling_name(text);
    if (quote_ != '\0') {
      masked_ += kMask;
      quote_ = text.find(quote_) == std::string_view::npos ? quote_ : '\0';
    } else if (is_next_secret_) {
      mask(text);
      // The value may have been left out: then this is an option with a value of its own.
      is_next_secret_ = is_telling && text.find('=') == std::string_view::npos;
    } else if (const auto begin = begin_of_secret(text)) {
      masked_ += text.substr(0, *begin);
      is_next_secret_ = *begin == text.size();
      if (!is_next_secret_) {
        mask(text.substr(*begin));
      }
    } else if (const auto secret = secret_of_url(text)) {
      masked_ += text.substr(0, secret->begin);
      masked_ += kMask;
      masked_ += text.substr(secret->end);
    } else {
      masked_ += text;
      is_next_secret_ = is_telling || is_same_word(text, "bearer") || is_same_word(text, "basic");
    }
  }

  /// A value in quotes goes on until they end.
  void mask(std::string_view value) {
    if (value.empty()) {
      return;
    }
    masked_ += kMask;
    const char first = value.front();
    if ((first == '"' || first == '\'') && value.find(first, 1) == std::string_view::npos) {
      quote_ = first;
    }
  }

  std::string masked_;
  bool is_next_secret_ = false;
  char quote_ = '\0';  ///< the one in which a secret stands
};

}  // namespace

std::string without_secrets(std::string_view cmdline) {
  Masking masking;
  while (!cmdline.empty()) {
    const std::size_t end = cmdline.find('\0');
    masking.argument(cmdline.substr(0, end));
    if (end == std::string_view::npos) {
      break;
    }
    masking.end_argument();
    cmdline.remove_prefix(end + 1);
  }
  return masking.take();
}

}  // namespace wemol
