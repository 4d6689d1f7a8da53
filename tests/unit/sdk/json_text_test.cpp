#include "json_text.h"

#include <limits>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace wemol::sdk {
namespace {

std::string as_json(const monitor::Value& value) {
  std::string text;
  append_json_value(text, value);
  return text;
}

TEST(SdkJson, ValuesKeepTheirKind) {
  EXPECT_EQ(as_json(nullptr), "null");
  EXPECT_EQ(as_json(true), "true");
  EXPECT_EQ(as_json(-3), "-3");
  EXPECT_EQ(as_json(std::numeric_limits<std::uint64_t>::max()), "18446744073709551615");
  EXPECT_EQ(as_json(0.1F), "0.10000000149011612");
  EXPECT_EQ(as_json(0.1), "0.1");
  EXPECT_EQ(as_json("text"), R"("text")");
  EXPECT_EQ(as_json(static_cast<const char*>(nullptr)), "null");
}

TEST(SdkJson, NumbersThatJsonDoesNotHaveAreNull) {
  EXPECT_EQ(as_json(std::numeric_limits<double>::quiet_NaN()), "null");
  EXPECT_EQ(as_json(std::numeric_limits<float>::infinity()), "null");
  EXPECT_EQ(as_json(-std::numeric_limits<double>::infinity()), "null");
}

TEST(SdkJson, ExtremeNumbersReadBackTheSame) {
  for (const double number :
       {std::numeric_limits<double>::max(), 5e-324, -1e22, 1e-7, 123456789.123}) {
    EXPECT_EQ(nlohmann::json::parse(as_json(number)).get<double>(), number);
  }
}

TEST(SdkJson, AnyTextReadsBackTheSame) {
  std::string all;
  for (int c = 0; c < 128; ++c) {
    all += static_cast<char>(c);
  }
  for (const std::string& text : {all, std::string("日本語 µ 😀"), std::string()}) {
    EXPECT_EQ(nlohmann::json::parse(as_json(text)).get<std::string>(), text);
  }
}

TEST(SdkJson, BytesThatAreNoTextAreReplaced) {
  // Cut off, overlong, a surrogate, above U+10FFFF, a lone continuation.
  EXPECT_EQ(as_json("a\xC3"), "\"a\xEF\xBF\xBD\"");
  for (const char* const bytes : {"\xC0\xAF", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80",
                                  "\x80", "\xFF", "\xE2\x82", "\xF0\x9F\x98"}) {
    const std::string json = as_json(bytes);
    EXPECT_TRUE(nlohmann::json::accept(json)) << json;
    EXPECT_NE(json.find("\xEF\xBF\xBD"), std::string::npos);
  }
}

}  // namespace
}  // namespace wemol::sdk
