#include "container_name.h"

#include <gtest/gtest.h>

namespace wemol {
namespace {

struct NameCase {
  const char* name;
  const char* type;
  const char* task_id;
  const char* job_id;
};

void PrintTo(const NameCase& name_case, std::ostream* out) {
  *out << name_case.name;
}

class TaskName : public testing::TestWithParam<NameCase> {};

TEST_P(TaskName, GivesTypeTaskAndJob) {
  const auto task = parse_container_name(GetParam().name, "wemol_rc_task");
  ASSERT_TRUE(task);
  EXPECT_EQ(task->type, GetParam().type);
  EXPECT_EQ(task->task_id, GetParam().task_id);
  EXPECT_EQ(task->job_id, GetParam().job_id);
}

INSTANTIATE_TEST_SUITE_P(
    All, TaskName,
    testing::Values(NameCase{"wemol_rc_task_gpu_132178_182060_334177", "gpu", "132178", "182060"},
                    NameCase{"wemol_rc_task_132178_182060_334177", "", "132178", "182060"},
                    NameCase{"wemol_rc_task_af2_v2_1_2_3", "af2_v2", "1", "2"},
                    NameCase{"wemol_rc_task_gpu_1_2_3_4", "gpu_1", "2", "3"},
                    NameCase{"wemol_rc_task_gpu_1_2_3-x", "gpu", "1", "2"},
                    NameCase{"wemol_rc_task_gpu_1_2_3.4_5_6", "gpu", "1", "2"},
                    NameCase{"wemol_rc_task_gpu_1_2_3x", "gpu", "1", "2"},
                    NameCase{"wemol_rc_task_gpu_1_2_3_x", "gpu", "1", "2"},
                    NameCase{"wemol_rc_task_007_08_9", "", "007", "08"},
                    NameCase{"wemol_rc_task_1_2_3_x_4_5", "", "1", "2"}));

class OtherName : public testing::TestWithParam<const char*> {};

TEST_P(OtherName, IsNoTask) {
  EXPECT_FALSE(parse_container_name(GetParam(), "wemol_rc_task"));
}

INSTANTIATE_TEST_SUITE_P(All, OtherName,
                         testing::Values("wemol_rc_task", "wemol_rc_task_", "wemol_rc_task_x",
                                         "wemol_rc_task_cpu_1_2", "wemol_rc_taskfoo_1_2_3",
                                         "wemol_rc_task__1_2_3", "wemol_rc_task-gpu_1_2_3",
                                         "wemol_rc_task_gpu-x_1_2_3", "x_wemol_rc_task_1_2_3", ""));

TEST(ContainerName, ThePrefixCanBeChosen) {
  EXPECT_TRUE(parse_container_name("a.b_1_2_3", "a.b"));
  EXPECT_FALSE(parse_container_name("axb_1_2_3", "a.b"));
}

}  // namespace
}  // namespace wemol
