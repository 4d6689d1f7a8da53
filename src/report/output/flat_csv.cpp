#include "flat_csv.h"

#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "csv.h"

namespace wemol::report {
namespace {

using nlohmann::ordered_json;

std::string cell_text(const ordered_json& value) {
  if (value.is_null()) {
    return {};
  }
  if (value.is_string()) {
    return guarded_against_formulas(value.get_ref<const std::string&>());
  }
  if (value.is_boolean()) {
    return value.get<bool>() ? "1" : "0";
  }
  if (value.is_array()) {
    std::string list;
    for (const ordered_json& element : value) {
      list += list.empty() ? "" : ",";
      list += element.get<std::string>();
    }
    return guarded_against_formulas(list);
  }
  return value.is_number_float() ? fmt::format("{}", value.get<double>()) : value.dump();
}

void add_names(const ordered_json& object, const std::string& prefix,
               std::vector<std::string>& names) {
  for (const auto& [name, value] : object.items()) {
    if (value.is_object()) {
      add_names(value, prefix + name + "_", names);
    } else {
      names.push_back(prefix + name);
    }
  }
}

void add_cells(const ordered_json& object, std::vector<std::string>& cells) {
  for (const ordered_json& value : object) {
    if (value.is_object()) {
      add_cells(value, cells);
    } else {
      cells.push_back(cell_text(value));
    }
  }
}

}  // namespace

std::string flat_csv(const ordered_json& objects) {
  if (objects.empty()) {
    return {};
  }
  std::vector<std::string> fields;
  add_names(objects.front(), "", fields);
  std::string text = csv_record(fields);
  for (const ordered_json& object : objects) {
    fields.clear();
    add_cells(object, fields);
    text += csv_record(fields);
  }
  return text;
}

}  // namespace wemol::report
