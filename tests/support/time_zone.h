#pragma once

#include <cstdlib>
#include <ctime>
#include <optional>
#include <string>

namespace wemol::test {

/// The process's time zone while the object lives, as TZ has it: "UTC0", "CST-8".
class TimeZone {
 public:
  explicit TimeZone(const char* zone) {
    if (const char* const old = std::getenv("TZ")) {
      old_ = old;
    }
    set(zone);
  }
  TimeZone(const TimeZone&) = delete;
  TimeZone& operator=(const TimeZone&) = delete;
  ~TimeZone() {
    if (old_) {
      set(old_->c_str());
    } else {
      unsetenv("TZ");
      tzset();
    }
  }
  static void set(const char* zone) {
    setenv("TZ", zone, 1);
    tzset();
  }

 private:
  std::optional<std::string> old_;
};

}  // namespace wemol::test
