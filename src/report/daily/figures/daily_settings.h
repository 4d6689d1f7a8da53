#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace wemol::report::daily {

enum class SourceKind { netdata, prometheus, recorder };

struct NodeSettings {
  std::string name;
  /// netdata, prometheus: without a slash at the end; for `recorder` a folder (that with devices/)
  std::string url;
  SourceKind source = SourceKind::netdata;
  std::vector<unsigned> cards;          ///< card number of each GPU index; empty: to be found out
  std::optional<unsigned> id_base;      ///< index = id - base - 1
  std::map<std::string, unsigned> ids;  ///< GPU id or UUID -> index; beats the base
  std::filesystem::path tasks;          ///< recorder: the recorder's output folder; empty: none
  std::string instance;  ///< prometheus: the label `instance` or `host`; empty: the name
};

struct ManagementSettings {
  std::string url;  ///< without a slash at the end
  std::filesystem::path token_file;
  std::string token_environment;
  std::filesystem::path ca_file;
};

/// The TOML of `wemol-report daily`.
struct DailySettings {
  std::string zone;  ///< IANA name or offset; empty: the system's
  unsigned points = 144;
  std::chrono::milliseconds timeout{30'000};
  bool null_as_zero = false;
  std::vector<NodeSettings> nodes;
  std::optional<ManagementSettings> management;
};

}  // namespace wemol::report::daily
