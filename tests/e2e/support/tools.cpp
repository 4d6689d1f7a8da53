#include "tools.h"

#include <sstream>

#include "process.h"

namespace wemol::e2e {
namespace {

namespace fs = std::filesystem;

/// A shell function that puts into $v what row $1 has in column $2.
std::string lookup_function(const std::string& name, const std::vector<GpuFields>& rows) {
  std::string text = name + "() {\n  case \"$1:$2\" in\n";
  for (std::size_t row = 0; row < rows.size(); ++row) {
    for (const auto& [field, value] : rows[row]) {
      text.append("    ").append(std::to_string(row)).append(":").append(field);
      text.append(") v='").append(value).append("' ;;\n");
    }
  }
  return text +
         "    *) echo \"Field \\\"$2\\\" is not a valid field to query.\"; echo; exit 2 ;;\n"
         "  esac\n}\n";
}

std::string answer(const std::string& option, const std::string& function, std::size_t rows) {
  std::string numbers;
  for (std::size_t row = 0; row < rows; ++row) {
    numbers += " " + std::to_string(row);
  }
  return "    " + option + "=*) print_rows " + function + " \"${1#" + option + "=}\"" + numbers +
         " ;;\n";
}

}  // namespace

Tools::Tools(fs::path folder) : folder_(std::move(folder)) {
  fs::create_directories(folder_);
  put_docker();
}

void Tools::put_script(const std::string& name, const std::string& body) const {
  const fs::path draft = folder_ / (name + ".draft");
  write_text(draft,
             "#!/bin/sh\n"
             "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n"
             "docker=" +
                 find_program("docker").string() + "\ntools=" + folder_.string() + "\n" + body);
  fs::permissions(draft, fs::perms(0755));
  fs::rename(draft, folder_ / name);
}

void Tools::put_docker() const {
  put_script("docker", "exec \"$docker\" \"$@\"\n");
}

void Tools::remove(const std::string& name) const {
  fs::remove(folder_ / name);
}

void Tools::put_logging_docker(const fs::path& log) const {
  put_script("docker", "echo \"$*\" >> " + log.string() + "\nexec \"$docker\" \"$@\"\n");
}

GpuFields gpu(int index, const std::string& uuid) {
  return {{"index", std::to_string(index)},
          {"uuid", uuid},
          {"name", "NVIDIA GeForce RTX 3090"},
          {"memory.total", "24576"},
          {"memory.used", "522"},
          {"utilization.gpu", "88"},
          {"utilization.memory", "35"},
          {"temperature.gpu", "72"},
          {"fan.speed", "54"},
          {"power.draw", "341.52"},
          {"power.limit", "350.00"}};
}

std::string nvidia_smi_script(const std::vector<GpuFields>& gpus, const std::vector<GpuApp>& apps) {
  std::vector<GpuFields> app_rows;
  app_rows.reserve(apps.size());
  for (const GpuApp& app : apps) {
    app_rows.push_back({{"pid", std::to_string(app.pid)},
                        {"gpu_uuid", app.gpu_uuid},
                        {"used_memory", app.used_memory}});
  }
  return lookup_function("gpu_value", gpus) + lookup_function("app_value", app_rows) +
         "print_rows() {\n"
         "  function=$1; fields=$(echo \"$2\" | tr , ' '); shift 2\n"
         "  for row; do\n"
         "    line=\n"
         "    for field in $fields; do $function $row $field; line=\"$line, $v\"; done\n"
         "    echo \"${line#, }\"\n"
         "  done\n"
         "}\n"
         "[ \"$2\" = --format=csv,noheader,nounits ] || { echo \"bad format $2\"; exit 2; }\n"
         "case \"$1\" in\n" +
         answer("--query-gpu", "gpu_value", gpus.size()) +
         answer("--query-compute-apps", "app_value", apps.size()) +
         "    *) echo \"bad option $1\"; exit 2 ;;\n"
         "esac\n";
}

std::string hanging_script(const fs::path& pids) {
  const std::string file = pids.string();
  return "trap '' TERM\n"
         "sleep 100000 &\n"
         "echo $! >> " +
         file + "\necho $$ >> " + file + "\nwhile :; do sleep 100000; done\n";
}

std::vector<pid_t> pids_in(const fs::path& pids) {
  std::istringstream text(read_text(pids));
  std::vector<pid_t> found;
  for (pid_t pid = 0; text >> pid;) {
    found.push_back(pid);
  }
  return found;
}

}  // namespace wemol::e2e
