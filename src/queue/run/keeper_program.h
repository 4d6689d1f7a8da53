#pragma once

namespace wemol::queue {

/// The whole life of a keeper, which start_keeper() has started; returns the exit status: 0 when
/// the result has been written, whatever it is.
[[nodiscard]] int keep();

}  // namespace wemol::queue
