#include <string>

#include <gtest/gtest.h>

#include "cgroup_counters.h"
#include "text_file.h"

namespace wemol {
namespace {

const std::string kHeader =
    "Inter-|   Receive                                                |  Transmit\n"
    " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop "
    "fifo colls carrier compressed\n";

std::string interface(const std::string& name, std::uint64_t received, std::uint64_t sent) {
  return name + " " + std::to_string(received) +
         "    11    1    2    3     4          5         6 " + std::to_string(sent) +
         "      22    7    8    9    10      12         13\n";
}

void expect_bytes(const std::string& text, std::uint64_t received, std::uint64_t sent) {
  const NetworkBytes bytes = parse_net_dev(text);
  EXPECT_EQ(bytes.received, received) << text;
  EXPECT_EQ(bytes.sent, sent) << text;
}

TEST(NetDev, InterfacesOfDockerAddUp) {
  expect_bytes(kHeader + interface("    lo:", 7, 7) + interface("  eth0:", 1000, 200) +
                   interface(" eth12:", 30, 4),
               1030, 204);
}

TEST(NetDev, LoopbackAloneIsNoTraffic) {
  expect_bytes(test::fixture("proc_net_dev/container_none.txt"), 0, 0);
  expect_bytes(kHeader + interface("    lo:", 7, 8), 0, 0);
}

TEST(NetDev, OthersDoNotCountBesideThoseOfDocker) {
  expect_bytes(
      kHeader + interface("tunl0:", 5, 5) + interface("eth0:", 1000, 200) + interface("wg0:", 6, 6),
      1000, 200);
}

TEST(NetDev, WithoutOneOfDockerAllOthersCount) {
  expect_bytes(kHeader + interface("    lo:", 7, 7) + interface("ens3:", 1000, 200) +
                   interface("ib0:", 30, 4),
               1030, 204);
}

TEST(NetDev, OnlyEthWithANumberIsOfDocker) {
  expect_bytes(kHeader + interface("ether:", 1, 2) + interface("eth:", 10, 20) +
                   interface("eth0.5:", 100, 200) + interface("veth0:", 1000, 2000),
               1111, 2222);
  expect_bytes(kHeader + interface("ether:", 1, 2) + interface("eth0:", 10, 20), 10, 20);
}

TEST(NetDev, OldKernelsPutNoBlankBehindTheColon) {
  expect_bytes(kHeader + "    lo:7 1 0 0 0 0 0 0 7 1 0 0 0 0 0 0\n" +
                   "  eth0:1234567890 1 0 0 0 0 0 0 4294967297 1 0 0 0 0 0 0\n",
               1234567890, 4294967297);
}

TEST(NetDev, NumbersMayHaveSixtyFourBits) {
  expect_bytes(interface("eth0:", 18446744073709551615U, 1), 18446744073709551615U, 1);
}

TEST(NetDev, HalfLinesAndGarbageAreLeftOut) {
  expect_bytes("", 0, 0);
  expect_bytes(std::string("\0\xff:\n::::\neth0:\neth0\n", 19), 0, 0);
  expect_bytes("eth0: 1 2 3 4 5 6 7 8\n", 0, 0);
  expect_bytes("eth0: 1 2 3 4 x 6 7 8 9 10\n", 0, 0);
  expect_bytes("eth0: -1 2 3 4 5 6 7 8 9 10\n", 0, 0);
  expect_bytes(interface("eth0:", 10, 20) + "eth1: 100 2 3 4 5 6 7 8 900", 10, 20);
  EXPECT_EQ(parse_net_dev("eth0: x\n" + interface("ens3:", 5, 6)).received, 5U)
      << "a broken line is no interface of docker";
}

}  // namespace
}  // namespace wemol
