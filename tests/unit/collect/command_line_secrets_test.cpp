#include "command_line_secrets.h"

#include <algorithm>

#include <gtest/gtest.h>

namespace wemol {
namespace {

/// Arguments divided by '|', as the kernel divides them by zero bytes.
std::string masked(std::string arguments) {
  std::ranges::replace(arguments, '|', '\0');
  std::string text = without_secrets(arguments);
  std::ranges::replace(text, '\0', '|');
  return text;
}

TEST(CommandLineSecrets, WhatNamesNoneStays) {
  for (const char* const line :
       {"", "|", "python|train.py|--epochs|90|", "gmx|mdrun|-deffnm|production|",
        "bash|-c|cd /data && ./run  --fast|", "nginx: worker process", "a||b|",
        "curl|https://example.org/a@b|", "git|clone|ssh://git@example.org/x|"}) {
    EXPECT_EQ(masked(line), line);
  }
}

TEST(CommandLineSecrets, ValuesOfOptionsAreMaskedInBothForms) {
  EXPECT_EQ(masked("a|--token=abc|--epochs=3|"), "a|--token=***|--epochs=3|");
  EXPECT_EQ(masked("a|--token|abc|--epochs|3|"), "a|--token|***|--epochs|3|");
  EXPECT_EQ(masked("a|--HF-Token|abc|"), "a|--HF-Token|***|");
  EXPECT_EQ(masked("a|-api_key|abc|"), "a|-api_key|***|");
  EXPECT_EQ(masked("a|--db.password=my long phrase|b|"), "a|--db.password=***|b|");
  EXPECT_EQ(masked("a|--password|my long phrase|b|"), "a|--password|***|b|");
  EXPECT_EQ(masked("a|--client-secret=|b|"), "a|--client-secret=|***|") << "rather too much";
  EXPECT_EQ(masked("a|--password||b|"), "a|--password||b|");
  EXPECT_EQ(masked("a|--token=a=b,c;d|"), "a|--token=***|");
}

TEST(CommandLineSecrets, AnOptionWithoutItsValueDoesNotHideTheNext) {
  EXPECT_EQ(masked("a|--list-keys|--password|abc|b|"), "a|--list-keys|***|***|b|");
  EXPECT_EQ(masked("a|--token|--token=abc|b|"), "a|--token|***|b|");
  EXPECT_EQ(masked("a|--token|-abc|b|"), "a|--token|***|b|") << "secrets may begin with a dash";
}

TEST(CommandLineSecrets, VariablesAreMaskedWhereverTheyStand) {
  EXPECT_EQ(masked("env|X_TOKEN=abc|python|"), "env|X_TOKEN=***|python|");
  EXPECT_EQ(masked("docker|run|-e|AWS_SECRET_ACCESS_KEY=abc|img|"),
            "docker|run|-e|AWS_SECRET_ACCESS_KEY=***|img|");
  EXPECT_EQ(masked("bash|-c|export HF_TOKEN=abc; python x.py|"),
            "bash|-c|export HF_TOKEN=*** python x.py|");
  EXPECT_EQ(masked("bash|-c|A_KEY='one two' python x.py|"), "bash|-c|A_KEY=*** *** python x.py|");
  EXPECT_EQ(masked("worker --token abc --n 3"), "worker --token *** --n 3") << "its own title";
}

TEST(CommandLineSecrets, OtherPlacesOfSecrets) {
  EXPECT_EQ(masked("curl|-H|Authorization: Bearer abc|u|"), "curl|-H|Authorization: Bearer ***|u|");
  EXPECT_EQ(masked("curl|https://h/?q=1&api_key=abc&z=2|"), "curl|https://h/?q=1&api_key=***|");
  EXPECT_EQ(masked("psql|postgres://lin:abc@db/x|"), "psql|postgres://lin:***@db/x|");
  EXPECT_EQ(masked("git|clone|https://ghp_abc@example.org/x|"),
            "git|clone|https://***@example.org/x|");
  EXPECT_EQ(masked(R"(x|{"token": "abc def", "n": 3}|)"), R"(x|{"token": *** *** "n": 3}|)");
  EXPECT_EQ(masked(R"(x|{"token":"abc def"}|)"), R"(x|{"token":***|)");
}

}  // namespace
}  // namespace wemol
