#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <thread>
#include <vector>

#include "fault_report.h"
#include "lease.h"
#include "process_figures.h"
#include "recorder_fixture.h"
#include "recording.h"

namespace wemol::faults {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;
using e2e::eventually;
using e2e::RecorderProcess;
using e2e::Row;

// What the recorder holds at most, whatever it is given. Some 14 MiB of it are the program and its
// libraries.
constexpr std::size_t kMostResidentKib = 40 * 1024;
const std::string unknown = "Unknown_Module";

/// What people put into names and files to break what reads them.
class HostileInput : public e2e::RecorderTest {
 protected:
  using Listing = std::map<std::string, std::string>;

  /// Whatever lies in the folder of the test but is not the recorder's own, with size and time.
  [[nodiscard]] Listing everything_else() const {
    Listing listing;
    for (const fs::path& root : {folder(), folder().parent_path()}) {
      for (auto entry = fs::recursive_directory_iterator(root);
           entry != fs::recursive_directory_iterator(); ++entry) {
        const std::string name = entry->path().filename();
        if (name == "module_resource" || name == "run" || name == "changing") {
          entry.disable_recursion_pending();
        } else if (!name.starts_with("standard-error") && !name.ends_with(".log")) {
          struct stat status {};
          lstat(entry->path().c_str(), &status);
          listing[entry->path()] =
              std::to_string(status.st_mode) + " " + std::to_string(status.st_size) + " " +
              std::to_string(status.st_mtim.tv_sec) + "." + std::to_string(status.st_mtim.tv_nsec);
        }
      }
    }
    return listing;
  }

  void run_task(const std::string& task) { engine().run("wemol_rc_task_" + task + "_1_1"); }

  RecorderProcess& start(const e2e::Arguments& source = {"--source", "native", "--interval",
                                                         "0.2"}) {
    before_ = everything_else();
    e2e::Arguments arguments{"--log-level", "DEBUG"};
    arguments.insert(arguments.end(), source.begin(), source.end());
    return start_recorder(arguments);
  }

  /// Waits for some rounds, stops the recorder and states what holds for each kind of input: the
  /// rounds were in time, the memory was bounded, nothing else was touched. Prints the line.
  void expect_unharmed(const std::string& input, RecorderProcess& recorder, std::size_t tasks,
                       std::size_t rounds = 20) {
    ASSERT_TRUE(eventually([&] { return recorder.lines_with("- DEBUG - round ") >= rounds; }));
    const std::size_t most_kib = figures_of(recorder.pid()).most_resident_kib;
    EXPECT_EQ(recorder.stop(), 0);
    EXPECT_EQ(everything_else(), before_);
    expect_only_csvs();
    const Punctuality punctuality = read_punctuality(recorder.log(), e2e::scaled(250ms));
    const Recording found = read_recording(folder() / "module_resource");
    EXPECT_EQ(found.rows, punctuality.rounds * tasks);
    EXPECT_EQ(found.torn_rows, 0U) << found.first_problem;
    EXPECT_LE(most_kib, kMostResidentKib);
    EXPECT_LE(punctuality.late_or_skipped(), punctuality.rounds / 4);
    report_fault(input, {.rows_expected = punctuality.rounds * tasks,
                         .rows_written = found.rows,
                         .torn_rows = found.torn_rows,
                         .late_rounds = punctuality.late_or_skipped(),
                         .note = "at most " + std::to_string(most_kib / 1024) + " MiB resident"});
  }

 private:
  /// Below the output folder: folders with CSV files in them, and nothing deeper.
  void expect_only_csvs() const {
    for (const auto& module : fs::directory_iterator(folder() / "module_resource")) {
      if (module.path().filename().string().starts_with(".wemol-recorder.")) {
        continue;
      }
      ASSERT_TRUE(fs::is_directory(module.symlink_status())) << module.path();
      for (const auto& file : fs::directory_iterator(module)) {
        EXPECT_TRUE(fs::is_regular_file(file.symlink_status())) << file.path();
        EXPECT_EQ(file.path().extension(), ".csv");
      }
    }
  }

  Listing before_;
};

std::string repeated(const std::string& text, std::size_t times) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) {
    all += text;
  }
  return all;
}

struct HostileName {
  std::string in_json;  ///< the text at Module.Name, as JSON spells it
  std::string column;   ///< module_name
  std::string folder;
};

const std::vector<HostileName> hostile_names{
    {"..", "..", unknown},
    {"../../etc/cron.d/x", "../../etc/cron.d/x", ".._.._etc_cron.d_x"},
    {"/etc/cron.d/x", "/etc/cron.d/x", "_etc_cron.d_x"},
    {"=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0", "=cmd_' _C calc'!A0"},
    {repeated("分", 5000), repeated("分", 5000), repeated("分", 85)},
    {R"(\u0001\u001b[31m\u007f\u0085)", "\x01\x1B[31m\x7F\xC2\x85", "__[31m__"},
    {R"(a\u0000b)", std::string("a\0b", 3), "a_b"},
    {R"(\"q\",\r\nu\"\"o)", "\"q\",\r\nu\"\"o", "_q_,__u__o"},
    {"\xFF\xFE\xC3(", "Unknown", unknown},
    {R"(\ud800)", "\xEF\xBF\xBD", "\xEF\xBF\xBD"},
    {R"( \t )", " \t ", "_"},
    {R"(-\u202egpj.x)", "'-\u202Egpj.x", "-\u202Egpj.x"},
};

TEST_F(HostileInput, module_names_stay_in_the_output_folder) {
  for (std::size_t i = 0; i < hostile_names.size(); ++i) {
    const std::string task = std::to_string(132100 + i);
    run_task(task);
    write_task_json(task, hostile_names[i].in_json);
  }
  RecorderProcess& recorder = start();
  expect_unharmed("hostile module names (" + std::to_string(hostile_names.size()) + ")", recorder,
                  hostile_names.size());
  for (std::size_t i = 0; i < hostile_names.size(); ++i) {
    const auto found = rows(std::to_string(132100 + i), hostile_names[i].folder);
    ASSERT_FALSE(found.empty()) << hostile_names[i].in_json;
    EXPECT_EQ(found.back().at("module_name"), hostile_names[i].column);
  }
}

// Of each kind one task; of the one that costs most to parse several.
TEST_F(HostileInput, task_json_of_any_kind_holds_nothing_up) {
  using Maker = std::function<void(const fs::path&)>;
  const Maker deep = [](const fs::path& path) {
    e2e::write_text(path, std::string(1'000'000, '['));
  };
  const std::vector<Maker> makers{
      deep,
      deep,
      deep,
      deep,
      [](const fs::path& path) {
        e2e::write_text(path, R"({"Module": {"Name": "M"}, "x": ")");
        fs::resize_file(path, std::uintmax_t{1} << 30);
      },
      [](const fs::path& path) { e2e::write_text(path, repeated(R"({"Module":)", 100'000)); },
      [](const fs::path& path) { mkfifo(path.c_str(), 0666); },
      [](const fs::path& path) { fs::create_symlink("/dev/zero", path); },
      [](const fs::path& path) { mknod(path.c_str(), S_IFCHR | 0666, makedev(1, 8)); },
      [](const fs::path& path) { fs::create_symlink(path.filename(), path); },
      [](const fs::path& path) { fs::create_directories(path); },
      [](const fs::path& path) { e2e::write_text(path, R"({"Module": {"Name": "M"}})"); },
  };
  for (std::size_t i = 0; i < makers.size(); ++i) {
    const std::string task = std::to_string(132200 + i);
    run_task(task);
    fs::create_directories(task_json(task).parent_path());
    makers[i](task_json(task));
  }
  const test::Lease lease(task_json(std::to_string(132200 + makers.size() - 1)));
  ASSERT_TRUE(lease.held());
  RecorderProcess& recorder = start();
  expect_unharmed("hostile task.json (" + std::to_string(makers.size()) + " kinds)", recorder,
                  makers.size());
  for (std::size_t i = 0; i < makers.size(); ++i) {
    EXPECT_FALSE(rows(std::to_string(132200 + i)).empty()) << i;
  }
}

TEST_F(HostileInput, task_json_that_changes_while_it_is_read_gives_a_name_it_has_had) {
  run_task("132301");
  const fs::path path = folder() / "changing" / "task.json";
  const fs::path at = task_json("132301");
  fs::create_directories(at.parent_path());
  e2e::write_text(path, "");
  fs::create_symlink(path, at);
  std::atomic<bool> ended = false;
  std::thread writer([&] {
    const std::string text = R"({"x": ")" + std::string(100'000, 'x') + R"(", "Module": )";
    // Most of the time it is no JSON: cut somewhere, or with the end of another.
    for (unsigned i = 0; !ended; ++i) {
      const int fd = open(path.c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC);
      const std::string whole = text + R"({"Name": "Name )" + std::to_string(i % 3) + R"("}})";
      const auto part = static_cast<std::size_t>(i * 7919U) % whole.size();
      [[maybe_unused]] ssize_t written = write(fd, whole.data(), part);
      std::this_thread::sleep_for(1ms);
      written = write(fd, whole.data() + part, whole.size() - (i % 4 == 0 ? 0 : part));
      close(fd);
    }
  });
  RecorderProcess& recorder = start();
  expect_unharmed("task.json that changes while it is read", recorder, 1, 50);
  ended = true;
  writer.join();
  for (const auto& module : fs::directory_iterator(folder() / "module_resource")) {
    const std::string name = module.path().filename();
    EXPECT_TRUE(name == unknown || name == "Name 0" || name == "Name 1" || name == "Name 2" ||
                name.starts_with(".wemol-recorder."))
        << name;
  }
}

TEST_F(HostileInput, container_names_at_their_limits_cost_others_nothing) {
  const std::string longest_id(251, '7');  // "<id>.csv" has 255 bytes
  const std::string too_long_id(252, '8');
  const std::string absurd_id(2000, '9');
  const std::string long_type(2000, 'x');
  run_task("132401");
  run_task(longest_id);
  run_task(too_long_id);
  run_task(absurd_id);
  run_task(long_type + "_132402");
  engine().run("wemol_rc_task_132403_" + std::string(2000, '1') + "_1");
  engine().run("wemol_rc_task_" + std::string(2000, '_'));
  engine().run("wemol_rc_task_132404_1_1-.." + std::string(1000, '.'));
  RecorderProcess& recorder = start();
  ASSERT_TRUE(wait_for_rows(20, "132401"));
  EXPECT_EQ(recorder.lines_with("- ERROR - rows cannot be written"), 1U);
  EXPECT_GE(recorder.lines_with("File name too long"), 1U);
  expect_unharmed("container names at their limits (8)", recorder, 5, 20);
  EXPECT_FALSE(rows(longest_id).empty());
  EXPECT_FALSE(rows("132402").empty());
  EXPECT_FALSE(rows("132403").empty());
  EXPECT_FALSE(rows("132404").empty());
}

TEST_F(HostileInput, gpu_names_with_commas_and_quotes_stay_whole) {
  run_task("132501");
  std::vector<e2e::GpuFields> gpus{e2e::gpu(0, "GPU-0"), e2e::gpu(1, "GPU-1")};
  gpus[0]["name"] = R"(NVIDIA, "RTX" 3090, 24 GB)";
  gpus[1]["name"] = R"(=1+2, [N/A], "")";
  const pid_t pid = host_pid("wemol_rc_task_132501_1_1");
  tools().put_script("nvidia-smi", e2e::nvidia_smi_script(gpus, {{pid, "GPU-0"}, {pid, "GPU-1"}}));
  RecorderProcess& recorder = start({"--interval", "5"});
  expect_unharmed("GPU names with commas and quotes, docker commands", recorder, 1, 2);
  for (const Row& row : rows("132501")) {
    EXPECT_EQ(row.at("gpu_names"), R"(NVIDIA, "RTX" 3090, 24 GB,=1+2, [N/A], "")");
    EXPECT_EQ(row.at("gpu_memory_used"), "522MB,522MB");
    EXPECT_EQ(row.at("gpu_power_limit"), "350.00W,350.00W");
  }
}

}  // namespace
}  // namespace wemol::faults
