#include <gtest/gtest.h>

#include "disk_files.h"

namespace wemol::host {
namespace {

std::vector<std::string> names_of(const std::vector<DiskFacts>& disks) {
  std::vector<std::string> names;
  for (const DiskFacts& disk : disks) {
    names.push_back(disk.name);
  }
  return names;
}

TEST(Diskstats, HaveWhatWasCompletedInSectorsOf512Bytes) {
  const auto devices = parse_diskstats(
      " 254       0 vda 1464577 49316 36435914 2550610 2861670 484402 320032992 1865463 0 733720 "
      "1\n");
  ASSERT_EQ(devices.size(), 1U);
  EXPECT_EQ(devices[0].name, "vda");
  EXPECT_EQ(devices[0].reads, 1464577U);
  EXPECT_EQ(devices[0].read_bytes, 36435914ULL * 512);
  EXPECT_EQ(devices[0].writes, 2861670U);
  EXPECT_EQ(devices[0].written_bytes, 320032992ULL * 512);
}

TEST(Diskstats, LineThatIsNoneIsLeftOut) {
  EXPECT_TRUE(parse_diskstats("8 1 sda1 1 2 3 4\n8 0 sda a b c d e f g\n").empty());
  EXPECT_TRUE(parse_diskstats("8 0 sda 1 2 18446744073709551615 4 5 6 7\n").empty());
}

TEST(WholeDisks, AreThoseBehindWhichThereIsADevice) {
  const auto devices = parse_diskstats(
      "8 0 sda 1 0 8 0 1 0 8\n8 1 sda1 1 0 8 0 1 0 8\n253 0 dm-0 1 0 8 0 1 0 8\n"
      "9 0 md0 1 0 8 0 1 0 8\n7 0 loop0 1 0 8 0 1 0 8\n259 0 nvme0n1 1 0 8 0 1 0 8\n");
  const auto disks = whole_disks(
      devices, [](const std::string& name) { return name == "sda" || name == "nvme0n1"; });
  EXPECT_EQ(names_of(disks), (std::vector<std::string>{"sda", "nvme0n1"}));
}

TEST(WholeDisks, WaysToOneNvmeDiskAreNotDisks) {
  const auto all_are = [](const std::string& /*name*/) { return true; };
  const auto disks = whole_disks(parse_diskstats("259 0 nvme0n1 10 0 80 0 20 0 160\n"
                                                 "259 1 nvme0c0n1 6 0 48 0 12 0 96\n"
                                                 "259 2 nvme0c1n1 4 0 32 0 8 0 64\n"),
                                 all_are);
  ASSERT_EQ(names_of(disks), std::vector<std::string>{"nvme0n1"});
  EXPECT_EQ(disks[0].reads, 10U);
}

TEST(WholeDisks, WhereOnlyTheWaysAreCountedTheyAreTheDisk) {
  const auto all_are = [](const std::string& /*name*/) { return true; };
  const auto disks = whole_disks(parse_diskstats("259 1 nvme0c0n1 6 0 48 0 12 0 96\n"
                                                 "259 0 nvme0n1 0 0 0 0 0 0 0\n"
                                                 "259 2 nvme0c1n1 4 0 32 0 8 0 64\n"
                                                 "259 3 nvme1n1 1 0 8 0 1 0 8\n"),
                                 all_are);
  ASSERT_EQ(names_of(disks), (std::vector<std::string>{"nvme0n1", "nvme1n1"}));
  EXPECT_EQ(disks[0].reads, 10U);
  EXPECT_EQ(disks[0].read_bytes, 80U * 512);
  EXPECT_EQ(disks[0].writes, 20U);
  EXPECT_EQ(disks[0].written_bytes, 160U * 512);
  EXPECT_EQ(disks[1].reads, 1U);
}

TEST(NvmePath, IsToldByItsName) {
  EXPECT_EQ(disk_of_nvme_path("nvme0c0n1"), "nvme0n1");
  EXPECT_EQ(disk_of_nvme_path("nvme12c3n10"), "nvme12n10");
  for (const char* name :
       {"nvme0n1", "nvme0c0n1p1", "nvme0c0", "nvmec0n1", "sda", "nvme0cn1", ""}) {
    EXPECT_EQ(disk_of_nvme_path(name), "") << name;
  }
}

/// Mount points in their order.
std::vector<std::string> mounted(std::string_view mountinfo) {
  std::vector<std::string> mount_points;
  for (const auto& file_system : distinct_file_systems(
           mountinfo, [](std::string_view device) { return device.starts_with("7:"); })) {
    mount_points.push_back(file_system.mount_point);
  }
  return mount_points;
}
using Paths = std::vector<std::string>;

TEST(FileSystems, AreThoseOfDisksAndNetworks) {
  EXPECT_EQ(mounted("22 28 0:21 / /sys rw - sysfs sysfs rw\n"
                    "28 1 259:2 / / rw shared:1 - ext4 /dev/nvme0n1p2 rw\n"
                    "30 28 0:24 / /run rw - tmpfs tmpfs rw\n"
                    "31 28 259:1 / /boot/efi rw - vfat /dev/nvme0n1p1 rw\n"
                    "32 28 0:50 / /data rw - nfs4 server:/data rw\n"
                    "33 28 253:3 / /scratch rw - xfs /dev/mapper/vg-scratch rw\n"
                    "34 28 0:60 / /var/lib/docker/overlay2/1/merged rw - overlay overlay rw\n"
                    "35 28 7:3 / /snap/core/1 ro - squashfs /dev/loop3 ro\n"
                    "36 28 7:4 / /mnt/image rw - ext4 /dev/loop4 rw\n"
                    "37 28 0:61 / /net rw - autofs /etc/auto.net rw\n"
                    "38 28 0:62 / /home/u/remote rw - fuse.sshfs u@h: rw\n"
                    "39 28 0:63 / /var/lib/lxcfs rw - fuse.lxcfs lxcfs rw\n"),
            (Paths{"/", "/boot/efi", "/data", "/scratch", "/home/u/remote"}));
}

TEST(FileSystems, AreCountedOnceHoweverOftenTheyAreMounted) {
  EXPECT_EQ(mounted("28 1 259:2 / / rw - ext4 /dev/nvme0n1p2 rw\n"
                    "29 28 259:3 / /data/long rw - ext4 /dev/nvme0n1p3 rw\n"
                    "30 28 259:3 /sub /srv rw - ext4 /dev/nvme0n1p3 rw\n"
                    "31 28 259:2 /var/snap /snap rw - ext4 /dev/nvme0n1p2 rw\n"
                    "32 28 0:40 /@home /home rw - btrfs /dev/sda1 rw,subvol=/@home\n"
                    "33 28 0:40 /@var /var rw - btrfs /dev/sda1 rw,subvol=/@var\n"),
            (Paths{"/", "/srv", "/var"}));
}

TEST(FileSystems, HiddenOnesCannotBeAskedAbout) {
  EXPECT_EQ(mounted("1 0 0:2 / / rw - rootfs rootfs rw\n"
                    "28 1 259:2 / / rw - ext4 /dev/sda2 rw\n"
                    "29 28 259:3 / /home rw - ext4 /dev/sda3 rw\n"
                    "30 29 0:41 / /home rw - tmpfs inaccessible rw\n"
                    "31 28 259:4 / /mnt/a rw - ext4 /dev/sda4 rw\n"
                    "32 28 259:5 / /mnt rw - ext4 /dev/sda5 rw\n"
                    "33 32 259:6 / /mnt/b rw - ext4 /dev/sda6 rw\n"),
            (Paths{"/", "/mnt", "/mnt/b"}));
}

TEST(FileSystems, WhatTheHostStandsOnCountsWhateverItIs) {
  EXPECT_EQ(mounted("28 1 7:0 / / rw - ext4 /dev/loop0 rw\n"), Paths{"/"});
}

TEST(FileSystems, NamesWithBlanksAreUnescaped) {
  EXPECT_EQ(mounted("28 1 8:2 / /mnt/my\\040disk rw - ext4 /dev/sdb2 rw\n"), Paths{"/mnt/my disk"});
}

TEST(FileSystems, KnowTheirPoolAndWhetherTheyAreOnThisHost) {
  const auto systems = distinct_file_systems(
      "28 1 0:30 / /tank rw - zfs tank rw\n29 28 0:31 / /tank/home rw - zfs tank/home rw\n"
      "30 28 0:32 / /nfs rw - nfs server:/x rw\n31 28 8:1 / /d rw - xfs /dev/sda1 rw\n",
      [](std::string_view) { return false; });
  ASSERT_EQ(systems.size(), 4U);
  EXPECT_EQ(systems[0].pool, "tank");
  EXPECT_EQ(systems[1].pool, "tank");
  EXPECT_FALSE(systems[1].is_network);
  EXPECT_TRUE(systems[2].is_network);
  EXPECT_EQ(systems[3].pool, "");
  EXPECT_EQ(systems[3].type, "xfs");
}

TEST(FileSystems, LinesThatAreNoneAreLeftOut) {
  EXPECT_TRUE(
      mounted("28 1 8:2 / /mnt rw ext4 /dev/sdb2 rw\nx 1 8:2 / /m rw - ext4 a rw\n\n").empty());
}

}  // namespace
}  // namespace wemol::host
