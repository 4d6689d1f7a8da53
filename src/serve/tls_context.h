#pragma once

#include <boost/asio/ssl/context.hpp>
#include <filesystem>
#include <memory>

#include <wemol/result.h>

namespace wemol::serve {

using TlsContext = std::shared_ptr<boost::asio::ssl::context>;

/// TLS 1.2 and 1.3 with a certificate chain and its key, both PEM. The error names the file, and
/// tells when the key is another certificate's.
[[nodiscard]] Result<TlsContext> load_tls(const std::filesystem::path& certificate,
                                          const std::filesystem::path& key);

}  // namespace wemol::serve
