#include "fault_report.h"

#include <cstdlib>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <sstream>
#include <string_view>

namespace wemol::faults {
namespace {

std::string text_of(const std::optional<std::size_t>& count) {
  return count ? std::to_string(*count) : "-";
}

std::string seconds_of(const std::optional<std::chrono::milliseconds>& duration) {
  if (!duration) {
    return "-";
  }
  std::ostringstream text;
  text << std::fixed << std::setprecision(1) << std::chrono::duration<double>(*duration).count();
  return text.str();
}

}  // namespace

void report_fault(const std::string& fault, const FaultFigures& figures) {
  const std::string line = fault + "\t" + text_of(figures.rows_expected) + "\t" +
                           text_of(figures.rows_written) + "\t" + text_of(figures.torn_rows) +
                           "\t" + text_of(figures.late_rounds) + "\t" +
                           seconds_of(figures.recovery) + "\t" + figures.note + "\n";
  std::cout << line << std::flush;
  if (const char* const path = std::getenv("WEMOL_FAULTS_REPORT")) {
    std::ofstream(path, std::ios::app) << line << std::flush;
  }
}

bool is_full_run() {
  const char* const value = std::getenv("WEMOL_FAULTS");
  return value != nullptr && std::string_view(value) == "full";
}

}  // namespace wemol::faults
