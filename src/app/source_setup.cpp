#include "source_setup.h"

#include <string>
#include <string_view>

#include "docker_cli_source.h"
#include "native_setup.h"

namespace wemol {
namespace {

class DockerCliSetup : public SourceSetup {
 public:
  DockerCliSetup(const Options& options, EventLoop& loop, const FileReader& files,
                 CommandRunner& runner)
      : prefix_(options.container_prefix),
        waits_for_all_(is_too_short(options.interval)),
        source_(runner, files, loop,
                [this](std::string_view name) { return name.starts_with(prefix_); }) {}

  void change(const Options& options) override {
    prefix_ = options.container_prefix;
    waits_for_all_ = is_too_short(options.interval);
  }
  void resume(const std::vector<OpenRun>& open_runs, WallTime ends_stated_until) override {
    source_.resume(open_runs, ends_stated_until);
  }
  [[nodiscard]] std::optional<Facts> collect(SteadyTime due) override {
    return source_.collect(waits_for_all_ ? SteadyTime::max() : due);
  }
  [[nodiscard]] Facts remaining() override { return source_.remaining(); }

 private:
  /// docker stats takes two seconds and more: with shorter intervals no round can be in time.
  static bool is_too_short(std::chrono::nanoseconds interval) {
    return interval < std::chrono::seconds(3);
  }

  std::string prefix_;
  bool waits_for_all_;
  DockerCliSource source_;
};

}  // namespace

std::unique_ptr<SourceSetup> make_source(const Options& options, EventLoop& loop,
                                         const FileReader& files, CommandRunner& runner) {
  if (options.source == SourceKind::native) {
    return make_native_source(options, loop, files, runner);
  }
  return std::make_unique<DockerCliSetup>(options, loop, files, runner);
}

}  // namespace wemol
