#include <cstddef>
#include <cstdint>

#include "fuzz_target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const wemol::fuzz::Check check = wemol::fuzz::targets().begin()->second;
  check({reinterpret_cast<const char*>(data), size});
  return 0;
}
