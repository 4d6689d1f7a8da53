#include "sysfs.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "text.h"

namespace wemol::amd {

std::optional<PciAddress> parse_pci_address(std::string_view text) {
  constexpr int kHexadecimal = 16;
  const auto parts = split_fields(text, ':');
  if (parts.size() != 3) {
    return std::nullopt;
  }
  const auto slot = split_fields(parts[2], '.');
  if (slot.size() != 2) {
    return std::nullopt;
  }
  const auto domain = parse_number<std::uint32_t>(parts[0], kHexadecimal);
  const auto bus = parse_number<std::uint32_t>(parts[1], kHexadecimal);
  const auto device = parse_number<std::uint32_t>(slot[0], kHexadecimal);
  const auto function = parse_number<std::uint32_t>(slot[1], kHexadecimal);
  if (!domain || !bus || !device || !function) {
    return std::nullopt;
  }
  return PciAddress{*domain, *bus, *device, *function};
}

namespace {

constexpr std::size_t kCapBytes = std::size_t{1} << 20;  // that of libdrm has 16 KB, others less

template <typename... Base>
Result<std::uint64_t> as_number(std::string_view text, const std::string& path, Base... base) {
  const auto number = parse_number<std::uint64_t>(text, base...);
  return number ? Result<std::uint64_t>(*number)
                : failure(fmt::format("/{}: holds no whole number", path));
}

}  // namespace

Sysfs::Sysfs(const FileReader& files, std::filesystem::path root)
    : files_(files), root_(std::move(root)) {}

Result<std::string> Sysfs::text(const std::string& path) const {
  auto text = files_.read(root_ / path, kCapBytes);
  if (text) {
    text->erase(text->find_last_not_of(" \t\n") + 1);
  }
  return text;
}

Result<std::uint64_t> Sysfs::number(const std::string& path) const {
  return text(path).and_then([&](const std::string& text) { return as_number(text, path); });
}

Result<std::uint64_t> Sysfs::hex_number(const std::string& path) const {
  return text(path).and_then([&](const std::string& text) {
    const std::string_view digits = text;
    return as_number(digits.starts_with("0x") ? digits.substr(2) : digits, path, 16);
  });
}

Result<std::vector<std::string>> Sysfs::names_in(const std::string& folder) const {
  std::vector<std::string> names;
  std::error_code error;
  std::filesystem::directory_iterator entry(root_ / folder, error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    names.push_back(entry->path().filename().string());
  }
  if (error) {
    return failure(fmt::format("{}: {}", (root_ / folder).string(), error.message()),
                   error.value());
  }
  std::ranges::sort(names);
  return names;
}

}  // namespace wemol::amd
