#include "portfile.h"

#include <utility>

#include <fmt/format.h>

#include "files.h"

namespace wemol::agent {

std::string portfile_text(const serve::ListenAddress& address) {
  return address.is_unix() ? "unix=" + std::filesystem::absolute(address.path).string()
                           : fmt::format("sock={}", address.port);
}

Portfile::Portfile(std::filesystem::path path, std::string text)
    : path_(std::move(path)), text_(std::move(text)) {}

Portfile::Portfile(Portfile&& other) noexcept
    : path_(std::exchange(other.path_, {})), text_(std::move(other.text_)) {}

Portfile::~Portfile() {
  if (path_.empty()) {
    return;
  }
  const auto text = SystemFileReader().read(path_, text_.size());
  std::error_code ignored;
  if (text && *text == text_) {
    std::filesystem::remove(path_, ignored);
  }
}

Result<Portfile> Portfile::write(std::filesystem::path path, const serve::ListenAddress& address) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    return failure(fmt::format("--portfile {} is a folder: name a file in it", path.string()));
  }
  std::string text = portfile_text(address);
  if (auto written = replace_file(path, text, Durability::by_and_by); !written) {
    return failure(fmt::format("--portfile cannot be written: {}: name a file in a folder that the "
                               "agent's user may write to",
                               written.error().message),
                   written.error().code);
  }
  return Portfile(std::move(path), std::move(text));
}

}  // namespace wemol::agent
