// docs/monitor-keys.md against the tables of host_schema.h and against what is printed.

#include <cstdlib>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "documented_block.h"
#include "full_host_sample.h"
#include "host_json.h"
#include "host_metrics.h"
#include "host_schema.h"
#include "text_file.h"

namespace wemol {
namespace {

using Json = nlohmann::ordered_json;
using Names = std::set<std::string>;

const std::string kPage = "docs/monitor-keys.md";

std::string unit_text(Unit unit) {
  static const std::map<Unit, std::string> texts{
      {Unit::text, "text"},      {Unit::time, "time"},
      {Unit::count, "number"},   {Unit::flag, "true, false"},
      {Unit::percent, "%"},      {Unit::seconds, "s"},
      {Unit::bytes, "bytes"},    {Unit::celsius, "°C"},
      {Unit::watts, "W"},        {Unit::bytes_per_second, "bytes/s"},
      {Unit::per_second, "1/s"}, {Unit::megahertz, "MHz"}};
  return texts.at(unit);
}

std::string row(const std::string& name, const std::string& unit, std::string_view meaning) {
  return "| `" + name + "` | " + unit + " | " + std::string(meaning) + " |\n";
}

/// "cpu.loadAverage.0" as `cpu.loadAverage[0]`.
std::string shown(std::string_view name) {
  return std::regex_replace(std::string(name), std::regex(R"(\.(\d+))"), "[$1]");
}

template <typename Record>
std::string record_rows(std::span<const HostField<Record>> fields, const std::string& prefix = "") {
  std::string rows;
  for (const HostKey& field : fields) {
    rows += field.name.empty()
                ? ""
                : row(prefix + shown(field.name), unit_text(field.unit), field.meaning);
  }
  return rows;
}

std::string record_table() {
  return "| key | unit | meaning |\n|---|---|---|\n" +
         row("nodeId", "text", "The node, as the caller named it") +
         row("timestamp", "ms", "When it was sampled, in milliseconds since 1970") +
         record_rows(host_fields()) +
         row("coverage.notes[]", "text", "Why something is null, a sentence each") +
         record_rows(core_fields(), "cpu.cores[].") +
         record_rows(file_system_fields(), "disk.fileSystems[].") +
         record_rows(gpu_fields(), "accelerators[].") +
         row("accelerators[].type", "text", "`gpu`") + record_rows(tree_fields(), "run.") +
         record_rows(tree_gpu_fields(), "run.accelerators[].");
}

template <typename Record>
std::string line_rows(std::span<const HostField<Record>> fields, const std::string& number = "") {
  std::string rows;
  for (const HostKey& field : fields) {
    std::string name(field.flat_key);
    if (const std::size_t at = name.find("{}"); at != std::string::npos) {
      name.replace(at, 2, number);
    }
    rows += name.empty() ? "" : row(name, unit_text(field.unit), field.meaning);
  }
  return rows;
}

std::string lines_table() {
  return "| key | unit | meaning |\n|---|---|---|\n" +
         row("_step", "number", "Counts the lines, unless the caller does") +
         row("_timestamp", "s", "When the line was written, in seconds since 1970") +
         line_rows(host_fields()) + line_rows(core_fields(), "{n}") +
         line_rows(gpu_fields(), "{i}") + line_rows(tree_fields()) +
         line_rows(tree_gpu_fields(), "{i}");
}

template <typename Record>
std::string metric_rows(std::span<const HostField<Record>> fields, const std::string& labels) {
  std::string rows;
  for (const HostKey& field : fields) {
    const std::string unit = field.unit == Unit::megahertz ? "Hz" : unit_text(field.unit);
    rows += field.metric.empty() ? ""
                                 : "| `" + std::string(field.metric) + "` | " + labels + " | " +
                                       unit + " | " + std::string(field.meaning) + " |\n";
  }
  return rows;
}

std::string metrics_table() {
  return "| metric | labels | unit | meaning |\n|---|---|---|---|\n"
         "| `host_sample_timestamp_seconds` |  | s | When the host was sampled, in seconds since "
         "1970 |\n" +
         metric_rows(host_fields(), "") + metric_rows(core_fields(), "`cpu`") +
         metric_rows(file_system_fields(), "`mountpoint`, `fstype`") +
         metric_rows(core_counter_fields(), "`cpu`") + metric_rows(disk_fields(), "`device`") +
         metric_rows(interface_fields(), "`device`") +
         "| `gpu_info` | `gpu`, `uuid`, `model` | number | A GPU and its model; the value is 1 "
         "|\n" +
         metric_rows(gpu_fields(), "`gpu`, `uuid`");
}

std::string begin_of(const std::string& name) {
  return "<!-- keys: " + name + " -->";
}

void write_block(const std::string& name, const std::string& table) {
  const auto file = std::filesystem::path(WEMOL_PROJECT_DIR) / kPage;
  std::string text = test::read_text(file);
  const std::size_t begin = text.find(begin_of(name)) + begin_of(name).size() + 1;
  text.replace(begin, text.find("<!-- /keys -->", begin) - begin, table);
  test::write_text(file, text);
}

void expect_documented(const std::string& name, const std::string& table) {
  if (std::getenv("WEMOL_UPDATE_DOCS") != nullptr) {
    write_block(name, table);
  }
  EXPECT_EQ(test::documented_block(kPage, begin_of(name), "<!-- /keys -->"), table)
      << "run with WEMOL_UPDATE_DOCS=1";
}

TEST(MonitorKeys, ThePageHasTheRecordsTable) {
  expect_documented("record", record_table());
}

TEST(MonitorKeys, ThePageHasTheTableOfARunsLines) {
  expect_documented("lines", lines_table());
}

TEST(MonitorKeys, ThePageHasTheMetricsTable) {
  expect_documented("metrics", metrics_table());
}

/// The first names in the rows of a table.
Names names_in(const std::string& table) {
  static const std::regex pattern(R"(^\| `([^`]+)` \|)");
  Names names;
  std::istringstream lines(table);
  for (std::string line; std::getline(lines, line);) {
    std::smatch found;
    if (std::regex_search(line, found, pattern)) {
      EXPECT_TRUE(names.insert(found[1]).second) << found[1] << " is there twice";
    }
  }
  return names;
}

/// "cpu.cores[].usage" for each value that is no object nor list.
void collect_names(const Json& value, const std::string& name, Names& names) {
  if (value.is_object()) {
    for (const auto& [member, inner] : value.items()) {
      collect_names(inner, name.empty() ? member : name + "." + member, names);
    }
  } else if (value.is_array() && name != "cpu.loadAverage") {
    EXPECT_FALSE(value.empty()) << name << ": the test needs an element";
    for (const Json& element : value) {
      collect_names(element, name + "[]", names);
    }
  } else if (value.is_array()) {
    for (std::size_t at = 0; at < value.size(); ++at) {
      names.insert(name + "[" + std::to_string(at) + "]");
    }
  } else {
    names.insert(name);
  }
}

TEST(MonitorKeys, ARecordHasTheDocumentedKeys) {
  const ProcessTreeSample tree = test::full_process_tree();
  Names printed;
  collect_names(Json::parse(host_record_json(test::full_host_sample(), "n", &tree)), "", printed);
  EXPECT_EQ(printed, names_in(record_table()));
}

TEST(MonitorKeys, FiguresHaveTheDocumentedKeys) {
  Names given{"_step", "_timestamp"};
  const auto take = [&](std::string_view name, double /*value*/) {
    std::string key = std::regex_replace(std::string(name), std::regex(R"(core\d+)"), "core{n}");
    given.insert(std::regex_replace(key, std::regex(R"(\.\d+\.)"), ".{i}."));
  };
  for_each_figure(test::full_host_sample(), take);
  for_each_figure(test::full_host_sample(), test::full_process_tree(), take);
  EXPECT_EQ(given, names_in(lines_table()));
}

TEST(MonitorKeys, TheMetricsAreTheDocumentedOnes) {
  const std::string text =
      host_metrics_text(test::full_host_sample(), "n", MetricsFormat::prometheus_text);
  Names printed;
  std::map<std::string, std::string> labels;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("#")) {
      continue;
    }
    const std::string name = line.substr(0, line.find('{'));
    printed.insert(name);
    static const std::regex label(R"re(,([a-z]+)=")re");
    std::string shown_labels;
    for (std::sregex_iterator at(line.begin(), line.end(), label), end; at != end; ++at) {
      shown_labels += (shown_labels.empty() ? "`" : ", `") + (*at)[1].str() + "`";
    }
    const std::string expected_begin = "| `" + name + "` | " + shown_labels + " | ";
    EXPECT_NE(metrics_table().find(expected_begin), std::string::npos) << expected_begin;
  }
  EXPECT_EQ(printed, names_in(metrics_table()));
}

}  // namespace
}  // namespace wemol
