#include "served_certificate.h"

#include <system_error>
#include <utility>

#include <spdlog/spdlog.h>

#include "tls_context.h"

namespace wemol::hub {

Result<void> ServedCertificate::use() {
  auto loaded = serve::load_tls(certificate_, key_);
  if (!loaded) {
    return tl::make_unexpected(std::move(loaded.error()));
  }
  server_.use_tls(std::move(*loaded));
  std::error_code ignored;
  time_ = std::filesystem::last_write_time(certificate_, ignored);
  return {};
}

void ServedCertificate::look() {
  std::error_code error;
  if (std::filesystem::last_write_time(certificate_, error) != time_) {
    reread();
  }
}

void ServedCertificate::reread() {
  if (const auto loaded = use()) {
    spdlog::info("the certificate {} is read", certificate_.string());
  } else {
    spdlog::error("{}; the one before is used on", loaded.error().message);
  }
}

}  // namespace wemol::hub
