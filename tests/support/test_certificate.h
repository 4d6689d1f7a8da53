#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>

namespace wemol::test {

/// A key and the certificate that it has signed itself, for a day.
struct TestCertificate {
  std::filesystem::path certificate;
  std::filesystem::path key;
};

[[nodiscard]] inline TestCertificate make_certificate(const std::filesystem::path& folder,
                                                      const std::string& name) {
  using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
  using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;
  using File = std::unique_ptr<std::FILE, decltype(&std::fclose)>;
  const Key key(EVP_EC_gen("P-256"), &EVP_PKEY_free);
  const Certificate certificate(X509_new(), &X509_free);
  constexpr long kDay = 86400;
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -kDay);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), kDay);
  X509_set_pubkey(certificate.get(), key.get());
  X509_NAME* const subject = X509_get_subject_name(certificate.get());
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): how the interface is made
  const auto* const text = reinterpret_cast<const unsigned char*>(name.c_str());
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, text, -1, -1, 0);
  X509_set_issuer_name(certificate.get(), subject);
  const TestCertificate files{folder / (name + ".crt"), folder / (name + ".key")};
  if (X509_sign(certificate.get(), key.get(), EVP_sha256()) == 0) {
    throw std::runtime_error("a certificate cannot be made");
  }
  const File first(std::fopen(files.certificate.c_str(), "we"), &std::fclose);
  const File second(std::fopen(files.key.c_str(), "we"), &std::fclose);
  if (!first || !second || PEM_write_X509(first.get(), certificate.get()) != 1 ||
      PEM_write_PrivateKey(second.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    throw std::runtime_error("a certificate cannot be written");
  }
  return files;
}

}  // namespace wemol::test
