#include "gpu_presence.h"

#include <gtest/gtest.h>

#include "fake_clock.h"
#include "temp_dir.h"
#include "text_file.h"

namespace wemol {
namespace {

using namespace std::chrono_literals;

/// A host with a bridge and the display adapter of its management controller.
class GpuPresenceOf : public testing::Test {
 protected:
  GpuPresenceOf() {
    std::filesystem::create_directories(host / "dev");
    add_device("0000:00:00.0", "0x060000", "0x8086");
    add_device("0000:03:00.0", "0x030000", "0x1a03");
  }
  void add_device(const std::string& address, const std::string& device_class,
                  const std::string& vendor) const {
    const auto folder = host / ("sys/bus/pci/devices/" + address);
    std::filesystem::create_directories(folder);
    test::write_text(folder / "class", device_class + "\n");
    test::write_text(folder / "vendor", vendor + "\n");
  }
  [[nodiscard]] bool is_none() {
    return GpuPresence(files, clock, host.path()).is_certainly_none();
  }
  test::TempDir host;
  test::FakeClock clock;
  SystemFileReader files;
};

TEST_F(GpuPresenceOf, AHostWithTheDisplayAdaptersOfServersIsNone) {
  EXPECT_TRUE(is_none());
  add_device("0000:00:02.0", "0x030000", "0x8086");
  add_device("0000:00:03.0", "0x038000", "0x1af4");
  add_device("0000:0a:00.0", "0x068000", "0x10de");  // NVIDIA's bridges are none
  EXPECT_TRUE(is_none());
}

TEST_F(GpuPresenceOf, ACardThatMayComputeIsOne) {
  struct Card {
    const char* device_class;
    const char* vendor;
  };
  for (const auto& [device_class, vendor] :
       {Card{"0x030000", "0x10de"}, Card{"0x030200", "0x10de"}, Card{"0x030000", "0x1002"},
        Card{"0x038000", "0x1002"}, Card{"0x120000", "0x1002"}, Card{"0x120000", "0x1da3"},
        Card{"0x038000", "0x8086"}, Card{"0x030200", "0x1234"}}) {
    add_device("0000:41:00.0", device_class, vendor);
    EXPECT_FALSE(is_none()) << device_class << " of " << vendor;
  }
}

TEST_F(GpuPresenceOf, AGpuThatIsOnNoBusIsSeenByItsFiles) {
  for (const char* path : {"dev/nvidiactl", "dev/nvidia0", "dev/kfd", "dev/dxg", "dev/nvhost-gpu",
                           "dev/nvmap", "proc/driver/nvidia/version", "sys/module/nvidia/refcnt"}) {
    std::filesystem::create_directories((host / path).parent_path());
    test::write_text(host / path, "");
    EXPECT_FALSE(is_none()) << path;
    std::filesystem::remove_all(path[0] == 'd' ? host / path : (host / path).parent_path());
    EXPECT_TRUE(is_none()) << path;
  }
}

TEST_F(GpuPresenceOf, AHostThatCannotBeReadMayHaveOne) {
  std::filesystem::remove(host / "sys/bus/pci/devices/0000:03:00.0/class");
  EXPECT_FALSE(is_none());
  std::filesystem::remove_all(host / "sys/bus/pci");
  EXPECT_TRUE(is_none()) << "some virtual machines have no PCI bus";
  std::filesystem::remove_all(host / "sys");
  EXPECT_FALSE(is_none());
  std::filesystem::create_directories(host / "sys/bus");
  std::filesystem::remove_all(host / "dev");
  EXPECT_FALSE(is_none());
}

TEST_F(GpuPresenceOf, AHostIsLookedAtAgainNowAndThen) {
  GpuPresence presence(files, clock, host.path());
  EXPECT_TRUE(presence.is_certainly_none());
  add_device("0000:41:00.0", "0x030200", "0x10de");
  clock.pass(59s);
  EXPECT_TRUE(presence.is_certainly_none());
  clock.pass(1s);
  EXPECT_FALSE(presence.is_certainly_none());
}

}  // namespace
}  // namespace wemol
