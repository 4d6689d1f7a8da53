#pragma once

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace wemol::test {

/// A port of 127.0.0.1 that is free now.
[[nodiscard]] inline int free_port() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof(address);
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  const bool is_bound =
      bind(fd, generic, sizeof(address)) == 0 && getsockname(fd, generic, &length) == 0;
  close(fd);
  if (!is_bound) {
    throw std::runtime_error("there is no free port");
  }
  return ntohs(address.sin_port);
}

/// A server that runs beside the test and ends with it. What it prints goes to a file.
class BackgroundProgram {
 public:
  BackgroundProgram(std::vector<std::string> argv, const std::filesystem::path& output) {
    pid_ = fork();
    if (pid_ == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      const int fd = open(output.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
      dup2(fd, STDOUT_FILENO);
      dup2(fd, STDERR_FILENO);
      std::vector<char*> arguments;
      for (std::string& argument : argv) {
        arguments.push_back(argument.data());
      }
      arguments.push_back(nullptr);
      execvp(arguments[0], arguments.data());
      _exit(127);
    }
  }
  BackgroundProgram(const BackgroundProgram&) = delete;
  BackgroundProgram& operator=(const BackgroundProgram&) = delete;
  ~BackgroundProgram() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }

 private:
  pid_t pid_ = -1;
};

/// What a command prints.
[[nodiscard]] inline std::string output_of(const std::string& shell_line) {
  FILE* const pipe = popen(shell_line.c_str(), "re");
  std::string text;
  char buffer[4096];  // NOLINT(cppcoreguidelines-avoid-c-arrays,modernize-avoid-c-arrays)
  for (std::size_t count = 0; pipe && (count = fread(buffer, 1, sizeof(buffer), pipe)) > 0;) {
    text.append(buffer, count);
  }
  if (pipe != nullptr) {
    pclose(pipe);
  }
  return text;
}

}  // namespace wemol::test
