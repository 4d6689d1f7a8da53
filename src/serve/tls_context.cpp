#include "tls_context.h"

#include <openssl/ssl.h>

#include <array>
#include <boost/asio/ssl/error.hpp>

#include <fmt/format.h>

namespace wemol::serve {
namespace {

namespace ssl = boost::asio::ssl;

/// Browsers offer HTTP/2 first; what we speak is to be said.
int choose_protocol(SSL* /*connection*/, const unsigned char** chosen, unsigned char* length,
                    const unsigned char* offered, unsigned offered_length, void* /*argument*/) {
  static constexpr std::array<unsigned char, 9> kProtocol{8,   'h', 't', 't', 'p',
                                                          '/', '1', '.', '1'};
  unsigned char* found = nullptr;
  if (SSL_select_next_proto(&found, length, kProtocol.data(), kProtocol.size(), offered,
                            offered_length) != OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_NOACK;
  }
  *chosen = found;
  return SSL_TLSEXT_ERR_OK;
}

}  // namespace

Result<TlsContext> load_tls(const std::filesystem::path& certificate,
                            const std::filesystem::path& key) {
  auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
  boost::system::error_code error;
  context->set_options(ssl::context::default_workarounds | ssl::context::no_sslv2 |
                       ssl::context::no_sslv3 | ssl::context::no_tlsv1 | ssl::context::no_tlsv1_1 |
                       ssl::context::single_dh_use);
  SSL_CTX_set_options(context->native_handle(), SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_alpn_select_cb(context->native_handle(), choose_protocol, nullptr);
  // A connection that only waits gives its buffers back.
  SSL_CTX_set_mode(context->native_handle(), SSL_MODE_RELEASE_BUFFERS);
  if (context->use_certificate_chain_file(certificate.string(), error); error) {
    return failure(fmt::format("the certificate {} cannot be used: {}", certificate.string(),
                               error.message()));
  }
  if (context->use_private_key_file(key.string(), ssl::context::pem, error); error) {
    return failure(fmt::format("the key {} cannot be used: {}", key.string(), error.message()));
  }
  if (SSL_CTX_check_private_key(context->native_handle()) != 1) {
    return failure(fmt::format("the key {} is not that of the certificate {}", key.string(),
                               certificate.string()));
  }
  return context;
}

}  // namespace wemol::serve
