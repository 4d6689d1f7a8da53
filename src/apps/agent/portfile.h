#pragma once

#include <filesystem>
#include <string>

#include <wemol/result.h>

#include "listen_address.h"

namespace wemol::agent {

/// "sock=8080" or "unix=/run/x.sock", without a line's end.
[[nodiscard]] std::string portfile_text(const serve::ListenAddress& address);

/// The file by which whoever starts the agent learns where it listens. It appears whole, by rename.
class Portfile {
 public:
  [[nodiscard]] static Result<Portfile> write(std::filesystem::path path,
                                              const serve::ListenAddress& address);
  Portfile(Portfile&& other) noexcept;
  Portfile& operator=(Portfile&&) = delete;
  Portfile(const Portfile&) = delete;
  Portfile& operator=(const Portfile&) = delete;
  /// Removes it, unless another program has written its own meanwhile.
  ~Portfile();

 private:
  Portfile(std::filesystem::path path, std::string text);

  std::filesystem::path path_;
  std::string text_;
};

}  // namespace wemol::agent
