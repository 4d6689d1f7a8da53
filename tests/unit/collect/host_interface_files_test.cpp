#include <gtest/gtest.h>

#include "host_tree.h"
#include "interface_files.h"

namespace wemol::host {
namespace {

constexpr const char* kHeader =
    "Inter-|   Receive                                                |  Transmit\n"
    " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs\n";

TEST(NetDev, HasBytesAndPacketsOfEachInterface) {
  const auto interfaces = parse_interfaces(std::string(kHeader) +
                                           "    lo:   14268     140    0    0    0     0          "
                                           "0         0    14268     140    0    0\n"
                                           "  eth0:830891221   25988    0    0    0     0          "
                                           "0         0  1371418   18343    0  0\n"
                                           " half: 1 2 3\n");
  ASSERT_EQ(interfaces.size(), 2U);
  EXPECT_EQ(interfaces[1].name, "eth0");
  EXPECT_EQ(interfaces[1].received_bytes, 830891221U);
  EXPECT_EQ(interfaces[1].received_packets, 25988U);
  EXPECT_EQ(interfaces[1].sent_bytes, 1371418U);
  EXPECT_EQ(interfaces[1].sent_packets, 18343U);
}

class Interfaces : public testing::Test {
 protected:
  [[nodiscard]] InterfaceKind kind_of(const std::string& name) const {
    return kind_of_interface(tree.root() / "sys/class/net", name);
  }
  [[nodiscard]] std::vector<std::string> picked(const std::vector<std::string>& names) {
    std::vector<InterfaceFacts> all;
    for (const std::string& name : names) {
      all.push_back({.name = name});
    }
    std::vector<std::string> result;
    for (const InterfaceFacts& interface : picker.pick(all)) {
      result.push_back(interface.name);
    }
    return result;
  }

  test::HostTree tree;
  InterfacePicker picker{tree.root() / "sys/class/net"};
};
using Names = std::vector<std::string>;

TEST_F(Interfaces, PhysicalOnesHaveADevice) {
  tree.add_physical_interface("eth0");
  tree.add_interface("lo", "0x9");
  tree.add_interface("veth12");
  EXPECT_EQ(kind_of("eth0"), InterfaceKind::physical);
  EXPECT_EQ(kind_of("lo"), InterfaceKind::derived);
  EXPECT_EQ(kind_of("veth12"), InterfaceKind::leaf);
  EXPECT_EQ(kind_of("gone"), InterfaceKind::derived);
  EXPECT_EQ(kind_of("../eth0"), InterfaceKind::derived);
}

TEST_F(Interfaces, WhatIsMadeOfOthersIsDerived) {
  tree.add_interface("br0");
  tree.make_folder(tree.interface("br0") + "bridge");
  tree.add_interface("bond0");
  tree.make_folder(tree.interface("bond0") + "bonding");
  tree.add_interface("eth0.7");
  tree.make_folder(tree.interface("eth0.7") + "lower_eth0");
  tree.add_interface("vxlan0");
  tree.write(tree.interface("vxlan0") + "uevent", "DEVTYPE=vxlan\nINTERFACE=vxlan0\n");
  tree.add_interface("dummy0", "0x83");
  for (const char* name : {"br0", "bond0", "eth0.7", "vxlan0", "dummy0"}) {
    EXPECT_EQ(kind_of(name), InterfaceKind::derived) << name;
  }
}

TEST_F(Interfaces, MembersOfABondCountAndTheBondDoesNot) {
  tree.add_interface("bond0");
  tree.make_folder(tree.interface("bond0") + "bonding");
  for (const char* name : {"eth0", "eth1"}) {
    tree.add_physical_interface(name);
    tree.link(tree.interface(name) + "master", "../bond0");
  }
  EXPECT_EQ(picked({"eth0", "eth1", "bond0"}), (Names{"eth0", "eth1"}));
}

TEST_F(Interfaces, CardThatAHypervisorsInterfaceUsesIsNotCountedTwice) {
  tree.add_physical_interface("eth0");
  tree.add_physical_interface("enP1");
  tree.link(tree.interface("enP1") + "master", "../eth0");
  EXPECT_EQ(kind_of("enP1"), InterfaceKind::lower);
  EXPECT_EQ(picked({"eth0", "enP1"}), Names{"eth0"});
}

TEST_F(Interfaces, RepresentorsOfVirtualFunctionsAreNotCounted) {
  tree.add_physical_interface("ens1");
  tree.write_line(tree.interface("ens1") + "phys_port_name", "p0");
  tree.add_physical_interface("ens1_0");
  tree.write_line(tree.interface("ens1_0") + "phys_port_name", "pf0vf0");
  tree.add_physical_interface("ens1_s");
  tree.write_line(tree.interface("ens1_s") + "phys_port_name", "c1pf0sf88");
  EXPECT_EQ(picked({"ens1", "ens1_0", "ens1_s"}), Names{"ens1"});
}

TEST_F(Interfaces, InAContainerItsVethIsTheWayOut) {
  tree.add_interface("lo", "0x9");
  tree.add_interface("eth0");
  EXPECT_EQ(picked({"lo", "eth0"}), Names{"eth0"});
}

TEST_F(Interfaces, WithoutSysNoneIsKnownToCount) {
  EXPECT_EQ(picked({"lo", "eth0"}), Names{});
}

TEST_F(Interfaces, AreLookedUpOnceUntilTheyAreForgotten) {
  tree.add_physical_interface("eth0");
  EXPECT_EQ(picked({"eth0"}), Names{"eth0"});
  tree.remove(tree.interface("eth0") + "device");
  tree.add_physical_interface("eth1");
  EXPECT_EQ(picked({"eth0", "eth1"}), (Names{"eth0", "eth1"}));
  picker.forget();
  EXPECT_EQ(picked({"eth0", "eth1"}), Names{"eth1"});
}

TEST(Snmp, HasTheConnectionsBehindTheirName) {
  EXPECT_EQ(parse_current_established("Ip: Forwarding DefaultTTL\nIp: 1 64\n"
                                      "Tcp: RtoAlgorithm MaxConn CurrEstab InSegs\n"
                                      "Tcp: 1 -1 42 7\nUdp: InDatagrams\nUdp: 1\n"),
            42U);
  EXPECT_FALSE(parse_current_established("Tcp: RtoAlgorithm MaxConn\nTcp: 1 -1\n"));
  EXPECT_FALSE(parse_current_established("Tcp: CurrEstab\n"));
  EXPECT_FALSE(parse_current_established(""));
}

}  // namespace
}  // namespace wemol::host
