#pragma once

#include <filesystem>
#include <utility>

#include <wemol/result.h>

#include "server.h"

namespace wemol::hub {

/// The certificate by which the server serves, read anew when its file is another one: whoever
/// renews it need not tell.
class ServedCertificate {
 public:
  ServedCertificate(std::filesystem::path certificate, std::filesystem::path key,
                    serve::Server& server)
      : certificate_(std::move(certificate)), key_(std::move(key)), server_(server) {}

  [[nodiscard]] Result<void> use();
  /// Reads the file if it has changed. One that is no good leaves the one before in use.
  void look();
  /// Reads the file in any case.
  void reread();

 private:
  std::filesystem::path certificate_;
  std::filesystem::path key_;
  serve::Server& server_;
  std::filesystem::file_time_type time_;
};

}  // namespace wemol::hub
