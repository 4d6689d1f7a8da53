#include "cgroup_folders.h"

#include <gtest/gtest.h>

#include "text_file.h"

namespace wemol::cgroup {
namespace {

using test::fixture;

const std::string kId = "692a83ba6462fb62d7a71ec007f4c2b5d92cd69550e09315d9ae5e4567b86400";
const std::string kOuterId(64, 'a');

constexpr const char* kPureV2 =
    "22 1 259:2 / / rw,relatime shared:1 - ext4 /dev/nvme0n1p2 rw\n"
    "35 24 0:30 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:9 - cgroup2 cgroup2 "
    "rw,nsdelegate,memory_recursiveprot\n";

/// cpu and cpuacct apart, and a v2 tree without controllers beside them.
constexpr const char* kHybrid =
    "31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755\n"
    "32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu\n"
    "33 31 0:30 / /sys/fs/cgroup/cpuacct rw,relatime - cgroup cgroup rw,cpuacct\n"
    "35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n"
    "38 31 0:35 / /sys/fs/cgroup/blkio rw,relatime - cgroup cgroup rw,blkio\n"
    "39 31 0:36 / /sys/fs/cgroup/pids rw,relatime - cgroup cgroup rw,pids\n"
    "40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,name=systemd\n"
    "41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n";

constexpr const char* kCpuTogether =
    "33 31 0:30 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid shared:11 - cgroup cgroup rw,cpu,cpuacct\n"
    "35 31 0:32 / /sys/fs/cgroup/memory rw,nosuid shared:12 - cgroup cgroup rw,memory\n"
    "38 31 0:35 / /sys/fs/cgroup/blkio rw,nosuid shared:13 - cgroup cgroup rw,blkio\n"
    "39 31 0:36 / /sys/fs/cgroup/pids rw,nosuid shared:14 - cgroup cgroup rw,pids\n";

std::string path_of(const std::optional<Folder>& folder) {
  return folder ? (folder->is_v2 ? "v2 " : "v1 ") + folder->path.string() : "absent";
}

/// Of the container kId.
Folders folders(std::string_view mountinfo, const std::string& cgroup_text) {
  return find_folders(parse_mounts(mountinfo), cgroup_text, kId);
}

/// The one folder of a process with this path on a pure v2 host.
std::string v2_folder(const std::string& path, const std::string& id = kId) {
  return path_of(find_folders(parse_mounts(kPureV2), "0::" + path + "\n", id).cpu);
}

void expect_absent(const Folders& found) {
  EXPECT_EQ(path_of(found.cpu), "absent");
  EXPECT_EQ(path_of(found.memory), "absent");
  EXPECT_EQ(path_of(found.block_io), "absent");
  EXPECT_EQ(path_of(found.pids), "absent");
}

TEST(CgroupFolders, OfPureV2AreOne) {
  const Folders found = folders(kPureV2, fixture("proc_cgroup/v2_systemd.txt"));
  const std::string folder = "v2 /sys/fs/cgroup/system.slice/docker-" + kId + ".scope";
  EXPECT_EQ(path_of(found.cpu), folder);
  EXPECT_EQ(path_of(found.memory), folder);
  EXPECT_EQ(path_of(found.block_io), folder);
  EXPECT_EQ(path_of(found.pids), folder);
}

TEST(CgroupFolders, OfV1LieInTheMountOfEachControllerAndNotInAnEmptyV2) {
  const Folders found =
      folders(kHybrid, "8:pids:/docker/" + kId + "\n7:blkio:/docker/" + kId +
                           "\n4:memory:/docker/" + kId + "\n2:cpuacct:/docker/" + kId +
                           "\n1:cpu:/docker/" + kId + "\n0::/docker/" + kId + "\n");
  EXPECT_EQ(path_of(found.cpu), "v1 /sys/fs/cgroup/cpuacct/docker/" + kId);
  EXPECT_EQ(path_of(found.memory), "v1 /sys/fs/cgroup/memory/docker/" + kId);
  EXPECT_EQ(path_of(found.block_io), "v1 /sys/fs/cgroup/blkio/docker/" + kId);
  EXPECT_EQ(path_of(found.pids), "v1 /sys/fs/cgroup/pids/docker/" + kId);
}

TEST(CgroupFolders, OneMountMayHaveSeveralControllers) {
  const Folders found = folders(kCpuTogether, "4:cpu,cpuacct:/docker/" + kId + "\n3:memory:/\n");
  EXPECT_EQ(path_of(found.cpu), "v1 /sys/fs/cgroup/cpu,cpuacct/docker/" + kId);
}

TEST(CgroupFolders, ControllersThatV1LacksAreTakenFromV2) {
  const std::string mounts =
      "33 31 0:30 / /sys/fs/cgroup/cpuacct rw - cgroup cgroup rw,cpuacct\n"
      "39 31 0:36 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n"
      "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n";
  const Folders found = folders(mounts, "8:pids:/docker/" + kId + "\n2:cpuacct:/docker/" + kId +
                                            "\n0::/system/" + kId + "\n");
  EXPECT_EQ(path_of(found.cpu), "v1 /sys/fs/cgroup/cpuacct/docker/" + kId);
  EXPECT_EQ(path_of(found.pids), "v1 /sys/fs/cgroup/pids/docker/" + kId);
  EXPECT_EQ(path_of(found.memory), "v2 /sys/fs/cgroup/unified/system/" + kId);
}

TEST(CgroupFolders, ControllerOfV1ThatIsNotMountedIsAbsentAndNotTakenFromV2) {
  const std::string mounts = "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n";
  EXPECT_FALSE(folders(mounts, "4:memory:/docker/" + kId + "\n0::/docker/" + kId + "\n").memory);
}

TEST(CgroupFolders, WithoutMountsOrPathsAreAbsent) {
  expect_absent(folders("", fixture("proc_cgroup/v2_systemd.txt")));
  expect_absent(folders("garbage\n\n- - - -\n1 2 3 4 - cgroup2\n1 2 3 / /x rw - cgroup2 y\n",
                        fixture("proc_cgroup/v2_systemd.txt")));
  expect_absent(folders(kHybrid, ""));
  expect_absent(folders(kPureV2, "garbage\n0:\n:\n0::/docker/" + kId));
}

TEST(CgroupFolders, BelowAMountOfAPartOfTheTreeAreFoundByTheRestOfTheirPath) {
  const std::string mounts = "35 24 0:30 /docker /host/cgroup ro - cgroup2 cgroup2 rw\n";
  EXPECT_EQ(path_of(folders(mounts, "0::/docker/" + kId + "\n").cpu), "v2 /host/cgroup/" + kId);
  expect_absent(folders(mounts, "0::/dockerd/" + kId + "\n"));
  expect_absent(folders(mounts, "0::/system.slice/docker-" + kId + ".scope\n"));
}

TEST(CgroupFolders, MountOfJustTheContainersOwnGroupIsItsFolder) {
  const std::string mounts =
      "35 24 0:30 /docker/" + kId + " /sys/fs/cgroup ro - cgroup2 cgroup2 rw\n";
  EXPECT_EQ(path_of(folders(mounts, "0::/docker/" + kId + "\n").cpu), "v2 /sys/fs/cgroup");
}

TEST(CgroupFolders, MountThatDoesNotHoldTheGroupIsPassedOver) {
  const std::string mounts = "35 24 0:30 /docker/" + kOuterId +
                             " /sys/fs/cgroup ro - cgroup2 cgroup2 rw\n" +
                             "36 24 0:30 / /host/cgroup ro - cgroup2 cgroup2 rw\n";
  EXPECT_EQ(path_of(folders(mounts, "0::/docker/" + kId + "\n").cpu),
            "v2 /host/cgroup/docker/" + kId);
}

TEST(CgroupFolders, EscapedCharactersOfAMountPointAreRead) {
  const std::string mounts =
      "35 24 0:30 / /mnt/a\\040b\\011c\\134040d\\0 rw - cgroup2 cgroup2 rw\n";
  EXPECT_EQ(path_of(folders(mounts, "0::/" + kId + "\n").cpu), "v2 /mnt/a b\tc\\040d\\0/" + kId);
}

TEST(CgroupFolders, OptionalFieldsOfAMountMayBeManyOrNone) {
  for (const std::string optional : {"", "shared:1 ", "shared:1 master:2 propagate_from:3 "}) {
    const std::string mounts = "35 24 0:30 / /cg rw " + optional + "- cgroup2 cgroup2 rw\n";
    EXPECT_EQ(path_of(folders(mounts, "0::/" + kId + "\n").cpu), "v2 /cg/" + kId);
  }
}

TEST(CgroupFolders, AreFoundForAllFormsOfPaths) {
  EXPECT_EQ(v2_folder("/docker/" + kId), "v2 /sys/fs/cgroup/docker/" + kId);
  EXPECT_EQ(v2_folder("/custom.parent/" + kId), "v2 /sys/fs/cgroup/custom.parent/" + kId);
  EXPECT_EQ(v2_folder("/" + kId), "v2 /sys/fs/cgroup/" + kId);
  const std::string rootless =
      "/user.slice/user-1000.slice/user@1000.service/user.slice/docker-" + kId + ".scope";
  EXPECT_EQ(path_of(folders(kPureV2, fixture("proc_cgroup/v2_rootless.txt")).cpu),
            "v2 /sys/fs/cgroup" + rootless);
}

TEST(CgroupFolders, GroupsThatTheContainerMadeForItselfAreLeftOff) {
  EXPECT_EQ(v2_folder("/docker/" + kId + "/init"), "v2 /sys/fs/cgroup/docker/" + kId);
  EXPECT_EQ(v2_folder("/system.slice/docker-" + kId + ".scope/a/b"),
            "v2 /sys/fs/cgroup/system.slice/docker-" + kId + ".scope");
  EXPECT_EQ(path_of(folders(kPureV2, fixture("proc_cgroup/v2_podman.txt")).cpu),
            "v2 /sys/fs/cgroup/machine.slice/libpod-" + kId + ".scope");
}

TEST(CgroupFolders, OfAContainerInAContainerAreThoseOfTheOneThatIsAskedFor) {
  const std::string text = fixture("proc_cgroup/v2_dind.txt");
  const auto mounts = parse_mounts(kPureV2);
  EXPECT_EQ(path_of(find_folders(mounts, text, kId).cpu),
            "v2 /sys/fs/cgroup/docker/" + kOuterId + "/docker/" + kId);
  EXPECT_EQ(path_of(find_folders(mounts, text, kOuterId).cpu),
            "v2 /sys/fs/cgroup/docker/" + kOuterId);
}

TEST(CgroupFolders, PathWithoutTheIdIsSomebodyElsesGroup) {
  EXPECT_EQ(v2_folder("/"), "absent");
  EXPECT_EQ(v2_folder("/docker/" + kOuterId), "absent");
  EXPECT_EQ(v2_folder("/docker/" + kId.substr(0, 63)), "absent");
}

TEST(CgroupFolders, ProcessMovedWithinOneHierarchyIsStillFoundInTheOthers) {
  const Folders found =
      folders(kHybrid, "4:memory:/\n2:cpuacct:/docker/" + kId + "\n0::/docker/" + kId + "\n");
  EXPECT_EQ(path_of(found.cpu), "v1 /sys/fs/cgroup/cpuacct/docker/" + kId);
  EXPECT_EQ(path_of(found.memory), "absent");
}

TEST(CgroupFolders, PathThatLeadsOutOfOurNamespaceIsAbsent) {
  EXPECT_EQ(v2_folder("/../" + kId), "absent");
  EXPECT_EQ(v2_folder("/../../docker/" + kId), "absent");
  EXPECT_EQ(v2_folder("/..docker/" + kId), "v2 /sys/fs/cgroup/..docker/" + kId);
}

TEST(CgroupFolders, MountThatReachesOutOfOurNamespaceServesPathsThatDo) {
  const std::string mounts = "35 24 0:30 /../.. /sys/fs/cgroup ro - cgroup2 cgroup2 rw\n";
  EXPECT_EQ(path_of(folders(mounts, "0::/../../docker/" + kId + "\n").cpu),
            "v2 /sys/fs/cgroup/docker/" + kId);
  expect_absent(folders(mounts, "0::/../../../docker/" + kId + "\n"));
}

TEST(CgroupFolders, TheV2FolderOfAnyProcessIsFound) {
  const auto found = [](std::string_view mountinfo, std::string_view cgroup_text) {
    return wemol::cgroup::v2_folder(parse_mounts(mountinfo), cgroup_text).value_or("absent");
  };
  EXPECT_EQ(found(kPureV2, "0::/user.slice/user-1000.slice/session-1.scope\n"),
            "/sys/fs/cgroup/user.slice/user-1000.slice/session-1.scope");
  EXPECT_EQ(found(kPureV2, "0::/\n"), "/sys/fs/cgroup");
  EXPECT_EQ(found(kHybrid, "4:memory:/a\n0::/b\n"), "/sys/fs/cgroup/unified/b");
  EXPECT_EQ(found(kCpuTogether, "4:memory:/a\n0::/b\n"), "absent");
  EXPECT_EQ(found(kPureV2, "0::/../b\n"), "absent");
  EXPECT_EQ(found(kPureV2, "4:memory:/a\n"), "absent");
}

}  // namespace
}  // namespace wemol::cgroup
