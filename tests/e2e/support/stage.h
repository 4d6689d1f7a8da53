#pragma once

#include <memory>
#include <string>
#include <vector>

#include "csv_table.h"
#include "process.h"
#include "tools.h"

namespace wemol::e2e {

/// One run of wemol-recorder in a folder of its own.
class RecorderProcess {
 public:
  RecorderProcess(const Arguments& arguments, const Environment& environment,
                  const std::filesystem::path& working_dir);

  [[nodiscard]] pid_t pid() const { return process_.pid(); }
  [[nodiscard]] bool running() { return process_.running(); }
  void send(int signal) const { process_.send(signal); }
  std::optional<int> wait(std::chrono::milliseconds limit = std::chrono::seconds(60)) {
    return process_.wait(limit);
  }
  /// Stops it as an administrator would and returns its exit status.
  std::optional<int> stop();
  /// What it has written to standard error: the log.
  [[nodiscard]] std::string log() const { return read_text(log_path_); }
  [[nodiscard]] std::string output() const { return read_text(output_path_); }
  /// How many lines of the log hold `text`.
  [[nodiscard]] std::size_t lines_with(const std::string& text) const;

 private:
  std::filesystem::path log_path_;
  std::filesystem::path output_path_;
  Process process_;
};

/// A temporary folder in which the recorder runs, with a PATH of scripted tools.
class Stage {
 public:
  /// `environment`: what each recorder gets beside what it is started with.
  explicit Stage(Environment environment = {});
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;
  virtual ~Stage() = default;

  /// A command that starts the recorder from now on, given the whole command line.
  void set_launcher(Arguments launcher) { launcher_ = std::move(launcher); }
  /// Starts the recorder there, with a task root there and what `arguments` add.
  RecorderProcess& start_recorder(const Arguments& arguments = {},
                                  const Environment& environment = {});
  /// The working directory.
  [[nodiscard]] std::filesystem::path folder() const { return folder_.path() / "run"; }
  [[nodiscard]] std::filesystem::path csv(const std::string& module_folder,
                                          const std::string& task_id) const {
    return folder() / "module_resource" / module_folder / (task_id + ".csv");
  }
  [[nodiscard]] std::vector<Row> rows(const std::string& task_id,
                                      const std::string& module_folder = "Unknown_Module") const {
    return read_csv(csv(module_folder, task_id));
  }
  /// Waits until the task's CSV has that many rows.
  [[nodiscard]] bool wait_for_rows(std::size_t count, const std::string& task_id,
                                   const std::string& module_folder = "Unknown_Module") const;
  /// Waits until the task's CSV has that many rows more than now.
  [[nodiscard]] bool wait_for_more_rows(std::size_t count, const std::string& task_id,
                                        const std::string& module_folder = "Unknown_Module") const;
  [[nodiscard]] std::filesystem::path task_json(const std::string& task_id,
                                                const std::string& worker = "GPU") const;
  void write_task_json(const std::string& task_id, const std::string& module_name,
                       const std::string& worker = "GPU") const;

  [[nodiscard]] const Tools& tools() const { return tools_; }
  /// What all recorders have said, for whoever looks at a failed test.
  [[nodiscard]] std::string logs() const;
  void end_recorders() { recorders_.clear(); }

 protected:
  /// What the recorder needs to find an engine; nothing where there is none.
  [[nodiscard]] virtual Environment engine_environment() const { return environment_; }

 private:
  Environment environment_;
  TempFolder folder_;
  Tools tools_;
  Arguments launcher_;
  std::vector<std::unique_ptr<RecorderProcess>> recorders_;
};

}  // namespace wemol::e2e
