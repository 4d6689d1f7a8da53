#include <gtest/gtest.h>

#include "docker_answers.h"
#include "fake_command_runner.h"
#include "text_file.h"

namespace wemol::docker {
namespace {

using test::ended_as;
using test::failed;
using test::fixture;

struct FailureCase {
  const char* file;
  const char* advice;
};

void PrintTo(const FailureCase& test_case, std::ostream* out) {
  *out << test_case.file;
}

class DockerSays : public testing::TestWithParam<FailureCase> {};

TEST_P(DockerSays, IsQuotedWithWhatToDo) {
  const std::string said = fixture("docker/" + std::string(GetParam().file));
  const std::string text = explain_failure("docker ps", failed(1, said));
  EXPECT_TRUE(text.starts_with("docker ps exited with status 1: " + said.substr(0, 30))) << text;
  EXPECT_NE(text.find(GetParam().advice), std::string::npos) << text;
  EXPECT_EQ(text.find('\n'), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(
    Versions, DockerSays,
    testing::Values(FailureCase{"cli-28.2.2/daemon_down.stderr.txt", "docker service runs"},
                    FailureCase{"cli-29.0/daemon_down.stderr.txt", "docker service runs"},
                    FailureCase{"cli-19.03/permission_denied.stderr.txt", "group docker"},
                    FailureCase{"cli-28.2.2/permission_denied.stderr.txt", "group docker"},
                    FailureCase{"cli-29.0/permission_denied.stderr.txt", "group docker"},
                    FailureCase{"cli-28.2.2/api_too_old.stderr.txt", "docker client that fits"},
                    FailureCase{"cli-28.2.2/context_missing.stderr.txt", "DOCKER_CONTEXT"}));

TEST(DockerFailure, TellsHowTheCommandEnded) {
  using Status = CommandOutcome::Status;
  EXPECT_NE(explain_failure("docker ps", ended_as(Status::not_found)).find("install the docker"),
            std::string::npos);
  EXPECT_EQ(explain_failure("docker ps", ended_as(Status::timed_out)),
            "docker ps gave no answer and was ended after 10.0 s");
}

}  // namespace
}  // namespace wemol::docker
