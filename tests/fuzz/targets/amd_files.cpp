#include <cerrno>
#include <cmath>

#include "amd_card.h"
#include "amd_gpus.h"
#include "amd_host.h"
#include "fake_clock.h"
#include "fuzz_target.h"
#include "properties.h"
#include "sysfs.h"

namespace wemol::fuzz {
namespace {

/// Answers whoever reads a file with the next of the made-up texts.
class MadeUpFiles : public FileReader {
 public:
  explicit MadeUpFiles(std::string_view texts) {
    while (!texts.empty()) {
      const auto [text, rest] = split_parts(texts);
      texts_.push_back(text);
      texts = rest;
    }
  }

  [[nodiscard]] Result<std::string> read(const std::filesystem::path& path,
                                         std::size_t /*max_bytes*/) const override {
    if (path.filename() == "vendor") {  // whatever else they say, it is a card
      return "0x1002\n";
    }
    return texts_.empty() ? failure(path.string() + ": No such file or directory", ENOENT)
                          : Result<std::string>(texts_[next_++ % texts_.size()]);
  }

 private:
  std::vector<std::string_view> texts_;
  mutable std::size_t next_ = 0;
};

/// The folders of a host with one card; its files are not read.
class OneCardHost : public test::AmdHost {
 public:
  OneCardHost() {
    add_card(0, "0000:c3:00.0");
    add_node(1, 5, 0, 0xC300);
    set_memory(4711, 5, 1);
    add_queue(4711, 0, 5);
  }
};

void check_devices(const std::vector<GpuDevice>& devices) {
  for (const GpuDevice& gpu : devices) {
    require(!gpu.uuid.empty() && !gpu.name.empty(), "a card has a uuid and a name");
    for (const auto& number :
         {gpu.utilization_percent, gpu.memory_utilization_percent, gpu.temperature_celsius,
          gpu.fan_speed_percent, gpu.power_draw_watts, gpu.power_limit_watts}) {
      require(!number || (std::isfinite(*number) && *number >= 0), "a card's values are finite");
    }
  }
}

void check_amd_files(std::string_view input) {
  const MadeUpFiles files(input);
  const test::FakeClock clock;
  static const OneCardHost host;
  amd::AmdGpus gpus(files, clock, host.root());
  if (const auto readings = gpus.finish({})) {
    require_fit_for_log(readings->conditions);
    check_devices(readings->devices.value_or(std::vector<GpuDevice>()));
  }
  (void)amd::parse_pci_address(input);
  const auto name = amd::name_in_list(input, 0x740f, 0x02);
  require(!name || input.find(*name) != std::string_view::npos, "a card's name is in the list");
}

const Target amd_files_target("amd_files", check_amd_files);

}  // namespace
}  // namespace wemol::fuzz
