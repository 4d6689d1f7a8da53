#include <algorithm>

#include <gtest/gtest.h>

#include "core_sensors.h"
#include "host_tree.h"

namespace wemol::host {
namespace {

// The trees are composed after the kernel's documentation of coretemp and k10temp.
class Sensors : public testing::Test {
 protected:
  [[nodiscard]] CpuTemperatures read() const {
    return temperatures_of(read_processor_sensors(tree.root()), read_core_places(tree.root()));
  }
  /// Of one CPU.
  [[nodiscard]] std::optional<double> of_cpu(unsigned cpu) const {
    const auto temperatures = read().cores;
    const auto core = std::ranges::find(temperatures, cpu, &CoreTemperature::cpu);
    return core != temperatures.end() ? std::optional(core->celsius) : std::nullopt;
  }

  test::HostTree tree;
};

TEST_F(Sensors, CoresAreFoundByLabelAndTopologyAndNotByOrder) {
  // Two packages with two cores of two threads each. The cores' numbers have a gap, the CPUs of one
  // core lie far apart, and hwmon's order is not that of the packages.
  tree.add_cpu(0, 0, 0, "0,4");
  tree.add_cpu(1, 0, 9, "1,5");
  tree.add_cpu(2, 1, 0, "2,6");
  tree.add_cpu(3, 1, 9, "3,7");
  tree.add_cpu(4, 0, 0, "0,4");
  tree.add_cpu(5, 0, 9, "1,5");
  tree.add_cpu(6, 1, 0, "2,6");
  tree.add_cpu(7, 1, 9, "3,7");
  tree.add_hwmon(0, "nvme", "pci0/nvme0");
  tree.add_temperature(0, 1, "Composite", 30000);
  tree.add_hwmon(3, "coretemp", "platform/coretemp.1");
  tree.add_temperature(3, 1, "Package id 1", 71000);
  tree.add_temperature(3, 2, "Core 9", 61000);
  tree.add_temperature(3, 11, "Core 0", 62000);
  tree.add_hwmon(5, "coretemp", "platform/coretemp.0");
  tree.add_temperature(5, 1, "Package id 0", 55000);
  tree.add_temperature(5, 2, "Core 0", 51500);
  tree.add_temperature(5, 11, "Core 9", 52000);
  EXPECT_EQ(of_cpu(0), 51.5);
  EXPECT_EQ(of_cpu(4), 51.5);
  EXPECT_EQ(of_cpu(1), 52);
  EXPECT_EQ(of_cpu(2), 62);
  EXPECT_EQ(of_cpu(7), 61);
  EXPECT_EQ(read().package_celsius, 71) << "the hottest package";
}

TEST_F(Sensors, PackagesWithGapsInTheirNumbersAreCountedThrough) {
  tree.add_cpu(0, 0, 0, "0");
  tree.add_cpu(1, 3, 0, "1");
  tree.add_hwmon(0, "coretemp", "platform/coretemp.1");
  tree.add_temperature(0, 2, "Core 0", 44000);
  EXPECT_FALSE(of_cpu(0));
  EXPECT_EQ(of_cpu(1), 44);
  EXPECT_EQ(read().package_celsius, 44) << "without a sensor of the package its hottest core";
}

TEST_F(Sensors, OldKernelsNumberPackagesAsTheHardwareDoes) {
  tree.add_cpu(0, 0, 0, "0");
  tree.add_cpu(1, 3, 0, "1");
  tree.add_hwmon(0, "coretemp", "platform/coretemp.3");
  tree.add_temperature(0, 2, "Core 0", 44000);
  EXPECT_EQ(of_cpu(1), 44);
}

TEST_F(Sensors, AmdsPackageIsTdieWhereItHasOneAndItsCoresAreUnknown) {
  tree.add_cpu(0, 0, 0, "0");
  tree.add_hwmon(2, "k10temp", "pci0/0000:00:18.3");
  tree.add_temperature(2, 1, "Tctl", 65000);
  tree.add_temperature(2, 3, "Tccd1", 58000);
  EXPECT_EQ(read().package_celsius, 65);
  EXPECT_TRUE(read().cores.empty());
  tree.add_temperature(2, 2, "Tdie", 45000);
  EXPECT_EQ(read().package_celsius, 45);
}

TEST_F(Sensors, WithoutSensorsThereIsNothing) {
  tree.add_cpu(0, 0, 0, "0");
  EXPECT_FALSE(read().package_celsius);
  EXPECT_TRUE(read().cores.empty());
}

TEST_F(Sensors, SensorThatCannotBeReadIsLeftOut) {
  tree.add_cpu(0, 0, 0, "0");
  tree.add_hwmon(0, "coretemp", "platform/coretemp.0");
  tree.add_temperature(0, 2, "Core 0", 44000);
  tree.write(tree.hwmon(0) + "temp2_input", "");
  EXPECT_FALSE(of_cpu(0));
}

TEST_F(Sensors, FrequenciesAreThoseOfTheCpusThatHaveOne) {
  tree.add_cpu(0, 0, 0, "0");
  tree.set_frequency(0, 2899998);
  tree.set_frequency(3, 3500000);
  const auto frequencies = read_frequencies(tree.root(), {0, 1, 3});
  ASSERT_EQ(frequencies.size(), 2U);
  EXPECT_EQ(frequencies[0].cpu, 0U);
  EXPECT_DOUBLE_EQ(frequencies[0].mhz, 2899.998);
  EXPECT_EQ(frequencies[1].cpu, 3U);
  EXPECT_EQ(frequencies[1].mhz, 3500);
}

TEST(Millidegrees, MayBeBelowZero) {
  EXPECT_EQ(parse_millidegrees("-1500\n"), -1.5);
  EXPECT_EQ(parse_millidegrees("41000"), 41);
  EXPECT_FALSE(parse_millidegrees(""));
  EXPECT_FALSE(parse_millidegrees("hot\n"));
}

TEST(SensorLabel, NumberStandsBehindItsWord) {
  EXPECT_EQ(number_behind("Core 12", "Core"), 12);
  EXPECT_EQ(number_behind("Package id 1", "Package id"), 1);
  EXPECT_FALSE(number_behind("Core12", "Core"));
  EXPECT_FALSE(number_behind("Core 1x", "Core"));
  EXPECT_FALSE(number_behind("Tctl", "Core"));
}

}  // namespace
}  // namespace wemol::host
