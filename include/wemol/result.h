#pragma once

#include <string>
#include <utility>

#include <tl/expected.hpp>

namespace wemol {

/// Why something did not work: one English sentence that names what failed (path, command,
/// container) and how, ready for the log.
struct Error {
  std::string message;
  int code = 0;  ///< the errno, where there is one
};

/// An expected failure is a value. Exceptions are for start-up only.
template <typename T>
using Result = tl::expected<T, Error>;

[[nodiscard]] inline tl::unexpected<Error> failure(std::string message, int code = 0) {
  return tl::make_unexpected(Error{std::move(message), code});
}

}  // namespace wemol
