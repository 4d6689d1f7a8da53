#pragma once

namespace wemol {

/// Whether a descriptor that spares an open() may stay open: while less than half of those that the
/// process may have are in use. The lowest free number is given to each new one, so its number
/// tells how many there are.
[[nodiscard]] bool may_stay_open(int fd);

/// Whether enough are free above this new one for what the program opens in passing: connections to
/// the engine, a command or helper with its pipes, the file of a row.
[[nodiscard]] bool leaves_enough(int fd);

}  // namespace wemol
