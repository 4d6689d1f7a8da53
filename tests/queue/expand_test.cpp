#include "expand.h"

#include <gtest/gtest.h>

namespace wemol::queue {
namespace {

std::string expanded(std::string_view command) {
  return expand(command, "/home/a/{uni_id}", "compete_803275");
}

TEST(QueueExpand, OnlyTheTwoVariablesAreReplaced) {
  EXPECT_EQ(expand("cd {work_dir} && ./x --uni_id {uni_id} {uni_id}", "/w", "compete_1"),
            "cd /w && ./x --uni_id compete_1 compete_1");
  for (const std::string_view same :
       {"awk '{print $1}'", "echo ${HOME} {a,b} {}", "echo '{\"a\": {\"b\": 1}}'", "{ x; }",
        "{work_dir", "{{work_di}r}", "{ work_dir }", "{WORK_DIR}", ""}) {
    EXPECT_EQ(expanded(same), same);
  }
}

TEST(QueueExpand, WhatAValueHoldsIsNotReplacedAgain) {
  EXPECT_EQ(expanded("{work_dir}/x"), "/home/a/{uni_id}/x");
}

TEST(QueueExpand, AVariableOfTheShellIsTheShells) {
  EXPECT_EQ(expanded("echo ${uni_id} ${work_dir} $x{uni_id}"),
            "echo ${uni_id} ${work_dir} $xcompete_803275");
}

}  // namespace
}  // namespace wemol::queue
