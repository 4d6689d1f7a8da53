#include "source_setup.h"

#include <string>
#include <string_view>

#include "docker_cli_source.h"
#include "native_setup.h"
#include "ticker.h"

namespace wemol {
namespace {

class DockerCliSetup : public SourceSetup {
 public:
  DockerCliSetup(const Options& options, EventLoop& loop, const FileReader& files,
                 CommandRunner& runner)
      : prefix_(options.container_prefix),
        source_(
            runner, files, loop,
            [this](std::string_view name) { return name.starts_with(prefix_); },
            patience(options)) {}

  void change(const Options& options) override {
    prefix_ = options.container_prefix;
    source_.set_time_to_read(patience(options));
  }
  void resume(const std::vector<OpenRun>& open_runs, WallTime ends_stated_until) override {
    source_.resume(open_runs, ends_stated_until);
  }
  [[nodiscard]] std::optional<Facts> collect() override { return source_.collect(); }
  [[nodiscard]] Facts remaining() override { return source_.remaining(); }

 private:
  static std::optional<std::chrono::nanoseconds> patience(const Options& options) {
    // docker stats takes two seconds and more: with shorter intervals no round can be in time.
    constexpr std::chrono::nanoseconds kShortestThatCanBeKept = std::chrono::seconds(3);
    return options.interval < kShortestThatCanBeKept
               ? std::nullopt
               : std::optional(time_to_read(options.interval));
  }

  std::string prefix_;
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
