// SPDX-License-Identifier: GPL-2.0-only
#include "draft_cases.h"

#include <stddef.h>

const struct draft_case draft_cases[] = {
	{
		"who opens is seen by its SYN, and devices that behave alike share a role", NULL,
		{
			ARP("11", "10.1.0.11"), ARP("12", "10.1.0.12"), ARP("ee", "10.1.0.9"),
			"lan0 eth ee 11 ip 10.1.0.11 10.1.0.9 tcp 40000 8883 S",
			"lan0 eth 11 ee ip 10.1.0.9 10.1.0.11 tcp 8883 40000 SA",
			"lan0 eth ee 11 ip 10.1.0.11 10.1.0.9 tcp 40000 8883 A",
			"lan0 eth ee 12 ip 10.1.0.12 10.1.0.9 tcp 40001 8883 S",
			"lan0 eth 12 ee ip 10.1.0.9 10.1.0.12 tcp 8883 40001 SA",
		},
		{
			"subnets: [10.1.0.0/24]", "role-1:  # 2 devices",
			"- {to: dev-0200000000ee, ports: [tcp/8883]}  # 2 times, 2023-11-14T22:13:20Z\n",
			"- {from: [dev-020000000011, dev-020000000012], ports: [tcp/8883]}",
			"dev-020000000011: {role: role-1, mac: \"02:00:00:00:00:11\", ip: [10.1.0.11]}",
			"- {from: lan0, to: lan0, ports: [tcp/8883]}",
		},
		{ "mode: audit", "uplink", "tcp/4000" },
	},
	{
		"a gateway that speaks for what turns out to be a subnet's broadcast address", "10.1.0.1",
		{
			ARP("11", "10.1.0.11"), "lan0 eth 11 fe arp 2 02:00:00:00:00:fe 10.1.0.1 10.1.0.11",
			"lan0 eth 11 fe arp 2 02:00:00:00:00:fe 10.255.255.255 10.1.0.11",
			"lan0 eth fe 11 ip 10.1.0.11 10.1.0.1 udp 50002 53",
			"lan0 eth 11 fe ip 10.1.0.1 10.1.0.11 udp 53 50002",
		},
		{ "addresses: [10.1.0.1]", "- {to: gateway, ports: [udp/53]}" },
		{ "10.255.255.255" },
	},
	{
		"without a SYN a well-known port tells the server, what it said first is left out", NULL,
		{
			ARP("11", "10.1.0.11"), ARP("ee", "10.1.0.9"),
			"!lan0 eth 11 ee ip 10.1.0.9 10.1.0.11 tcp 443 50000 A",
			"lan0 eth ee 11 ip 10.1.0.11 10.1.0.9 tcp 50000 443 A",
			"lan0 eth 11 ee ip 10.1.0.9 10.1.0.11 tcp 443 50000 A",
			/* both high: the lower, unless the other was called before */
			"lan0 eth ee 11 ip 10.1.0.11 10.1.0.9 tcp 50001 9000 S",
			"lan0 eth 11 ee ip 10.1.0.9 10.1.0.11 tcp 9000 50001 SA",
			"!lan0 eth 11 ee ip 10.1.0.9 10.1.0.11 tcp 9000 8500 A",
			"lan0 eth ee 11 ip 10.1.0.11 10.1.0.9 tcp 8500 9000 A",
			"!lan0 eth 11 ee ip 10.1.0.9 10.1.0.11 udp 53 50002",
			"lan0 eth ee 11 ip 10.1.0.11 10.1.0.9 udp 50002 53",
		},
		{ "ports: [tcp/443, tcp/9000, udp/53]" },
		{ "tcp/5000", "udp/50002", "tcp/8500" },
	},
	{
		"who only answers was not seen to call", NULL,
		{
			ARP("11", "10.1.0.11"), ARP("ee", "10.1.0.9"),
			"!lan0 eth 11 ee ip 10.1.0.9 10.1.0.11 udp 53 50000",
			"!lan0 eth 11 ee ip 10.1.0.9 10.1.0.11 tcp 443 50000 SA",
			"!lan0 eth 11 ee ip 10.1.0.9 10.1.0.11 tcp 443 50001 R",
			"!lan0 eth 11 ee ip 10.1.0.9 10.1.0.11 reply 7",
		},
		{ "dev-020000000011: {mac:" },
		{ "roles:", "conduits:", "udp/53" },
	},
	{
		"through a router, who is told from the rest by what it answers for", NULL,
		{
			ARP("11", "10.1.0.11"), "lan0 eth 11 fe arp 2 02:00:00:00:00:fe 10.1.0.1 10.1.0.11",
			"lan0 eth fe 11 ip 10.1.0.11 203.0.113.9 tcp 40000 443 S",
			"lan0 eth 11 fe ip 203.0.113.9 10.1.0.11 tcp 443 40000 SA",
			"lan0 eth fe 11 ip 10.1.0.11 10.1.0.1 udp 40000 53",
			"lan0 eth 11 fe ip 10.1.0.1 10.1.0.11 udp 53 40000",
			/* nobody called it, and it is not answered */
			"!lan0 eth 11 fe ip 198.51.100.7 10.1.0.11 tcp 5555 23 S",
			"!lan0 eth 11 fe ip 198.51.100.7 10.1.0.11 udp 5555 161",
		},
		{
			"router-0200000000fe: {role: router, mac: \"02:00:00:00:00:fe\", ip: [10.1.0.1], router: true}",
			"uplink:\n    kind: hosts\n    interfaces: [lan0]\n    subnets: [0.0.0.0/0]",
			"- {to: 203.0.113.9, ports: [tcp/443]}", "- {to: router-0200000000fe, ports: [udp/53]}",
			"- {from: lan0, to: uplink, ports: [tcp/443]}", "learn with --gateway 10.1.0.1",
		},
		{ "tcp/23", "udp/161", "198.51.100.7", "from: uplink" },
	},
	{
		"the same as the gateway", "10.1.0.1",
		{
			ARP("11", "10.1.0.11"), "lan0 eth 11 fe arp 2 02:00:00:00:00:fe 10.1.0.1 10.1.0.11",
			"lan0 eth fe 11 ip 10.1.0.11 203.0.113.9 tcp 40000 443 S",
			"lan0 eth 11 fe ip 203.0.113.9 10.1.0.11 tcp 443 40000 SA",
			"lan0 eth fe 11 ip 10.1.0.11 10.1.0.1 udp 40000 53",
			"lan0 eth 11 fe ip 10.1.0.1 10.1.0.11 udp 53 40000",
			"lan0 eth 11 fe ip 10.1.0.1 10.1.0.11 tcp 41000 80 S",
			"lan0 eth fe 11 ip 10.1.0.11 10.1.0.1 tcp 80 41000 SA",
			"out:wan0 eth bc fd arp 1 02:00:00:00:00:fd 198.51.100.2 198.51.100.1",
			"wan0 eth fd aa arp 2 02:00:00:00:00:aa 198.51.100.1 198.51.100.2",
			"out:wan0 eth aa fd ip 198.51.100.2 203.0.113.9 tcp 40000 443 S",
			"wan0 eth fd aa ip 203.0.113.9 198.51.100.2 tcp 443 40000 SA",
		},
		{
			"gateway:\n  addresses: [10.1.0.1, 198.51.100.2]", "- {to: gateway, ports: [udp/53]}",
			"- {from: gateway, ports: [tcp/80]}", "uplink:\n    kind: hosts\n    interfaces: [wan0]\n",
		},
		{ "router", "udp/68", "dev-0200000000aa" },
	},
	{
		"one frame to somebody's MAC makes no router of him", NULL,
		{
			ARP("11", "10.1.0.11"), ARP("12", "10.1.0.12"),
			"lan0 eth 12 11 ip 10.1.0.11 10.1.0.12 tcp 40000 80 S",
			"lan0 eth 11 12 ip 10.1.0.12 10.1.0.11 tcp 80 40000 SA",
			"lan0 eth 12 11 ip 10.1.0.11 203.0.113.9 tcp 40000 443 S",
		},
		{ "- {to: 203.0.113.9, ports: [tcp/443]}  # once, 2023-11-14T22:13:20Z; never answered",
		  "interfaces: [wan0]  # a guess" },
		{ "router:" },
	},
	{
		"who spoke once and got no answer is no device", NULL,
		{
			ARP("11", "10.1.0.11"), ARP("11", "10.1.0.11"), "!" ARP("66", "10.1.0.66"),
			"!lan0 eth bc 67 ip 10.1.0.67 10.1.0.255 udp 5000 5000",
		},
		{ "dev-020000000011", "nobody answered: 2 MACs" },
		{ "dev-020000000066", "dev-020000000067" },
	},
	{
		"an address is whose who is answered at it", NULL,
		{
			ARP("11", "10.1.0.11"), ARP("12", "10.1.0.12"),
			"lan0 eth 12 11 ip 10.1.0.11 10.1.0.12 tcp 40000 80 S",
			"lan0 eth 11 12 ip 10.1.0.12 10.1.0.11 tcp 80 40000 SA",
			"!" ARP("66", "10.1.0.11"), "!" ARP("66", "10.1.0.11"), "!" ARP("66", "10.1.0.11"),
			"!lan0 eth 12 66 ip 10.1.0.11 10.1.0.12 tcp 40001 22 S",
			"lan0 eth 66 12 arp 1 02:00:00:00:00:12 10.1.0.12 10.1.0.66",
			"!lan0 eth bc 12 arp 2 02:00:00:00:00:66 10.1.0.11 10.1.0.1", /* another's in the sender's place */
		},
		{ "mac: \"02:00:00:00:00:11\", ip: [10.1.0.11]", "ports: [tcp/80]", "dev-020000000066: {mac:" },
		{ "tcp/22", "\"02:00:00:00:00:66\", ip:" },
	},
	{
		"malformed, martian, unlistable and unanswerable frames are left out", NULL,
		{
			ARP("11", "10.1.0.11"), ARP("12", "10.1.0.12"),
			"lan0 eth 12 11 ip 10.1.0.11 10.1.0.12 udp 40000 80",
			"!lan0 eth 12 11 ip 127.0.0.1 10.1.0.12 udp 40000 81",
			"!lan0 eth 12 11 ip 10.1.0.11 127.0.0.1 udp 40000 82",
			"!lan0 eth 12 11 ip 10.1.0.11 10.1.0.12 tcp 40000 83 SF",
			"!lan0 eth 12 11 ip 10.1.0.11 10.1.0.12 udp 40000 84 t16 4 3",
			"!lan0 eth bc 11 ip 10.1.0.11 10.1.0.12 udp 40000 85", /* one address, everybody's MAC */
			"!lan0 eth 12 11 ip 10.1.0.11 10.1.0.12 icmp 13 0",
			"!lan0 eth 12 11 ip 10.1.0.11 10.1.0.77 udp 40000 86", /* nobody has it */
			"!lan0 eth bc 11 type 0x0006 data 40",
			"lan0 eth bc 11 type 0x88cc data 40",
		},
		{ "ports: [udp/80]", "ethertypes: [lldp]  # 1 frames" },
		{ "udp/81", "udp/82", "tcp/83", "udp/84", "udp/85", "udp/86", "any" },
	},
	{
		"DHCP names devices, and tells the subnet", "10.1.0.1",
		{
			"lan0 eth bc 11 ip 0.0.0.0 255.255.255.255 udp 68 67 hex 01010600 data 24 hex 020000000011 "
			"data 202 hex 63825363350101 hex 0c0a50756d70205f372e2e21 hex ff", /* "Pump _7..!" */
			"lan0 eth 11 fe ip 10.1.0.1 10.1.0.11 udp 67 68 hex 02010600 data 12 hex 0a01000b data 8 "
			"hex 020000000011 data 202 hex 63825363350102 hex 0104fffff800 hex ff",
			ARP("11", "10.1.0.11"),
			"lan0 eth bc 12 ip 0.0.0.0 255.255.255.255 udp 68 67 hex 01010600 data 24 hex 020000000012 "
			"data 202 hex 63825363350101 hex 0c0731302e302e302e hex ff", /* cut: not there */
			"lan0 eth bc 12 ip 0.0.0.0 255.255.255.255 udp 68 67 hex 01010600 data 24 hex 020000000012 "
			"data 202 hex 63825363350101 hex 0c0831302e302e302e31 hex ff", /* "10.0.0.1" */
			ARP("12", "10.1.0.12"),
		},
		{
			"pump-_7: {mac: \"02:00:00:00:00:11\", segment: lan0}", "by its MAC 10.1.0.11\n", "dhcp: true",
			"subnets: [10.1.0.0/21]", "n-10.0.0.1: {", "by its MAC 10.1.0.12",
		},
		{ "Pump", "dev-" },
	},
	{
		"DNS names peers, when somebody asked", "10.1.0.1",
		{
			ARP("11", "10.1.0.11"), "lan0 eth 11 fe arp 2 02:00:00:00:00:fe 10.1.0.1 10.1.0.11",
			"lan0 eth fe 11 ip 10.1.0.11 10.1.0.1 udp 40000 53",
			/* "CDN.x-y.net" is 203.0.113.9 and .10 */
			"lan0 eth 11 fe ip 10.1.0.1 10.1.0.11 udp 53 40000 hex 000081800001000200000000 "
			"hex 0343444e03782d79036e65740000010001 hex c00c000100010000003c0004cb007109 "
			"hex c00c000100010000003c0004cb00710a",
			/* nobody asked: "a" is 203.0.113.11 */
			"!lan0 eth 11 fe ip 10.1.0.1 10.1.0.11 udp 53 40001 hex 000081800001000100000000 "
			"hex 01610000010001 hex c00c000100010000003c0004cb00710b",
			"lan0 eth fe 11 ip 10.1.0.11 203.0.113.9 tcp 40002 443 S",
			"lan0 eth fe 11 ip 10.1.0.11 203.0.113.10 tcp 40003 443 S",
			"lan0 eth fe 11 ip 10.1.0.11 203.0.113.11 tcp 40004 443 S",
		},
		{ "cdn.x-y.net: [203.0.113.9, 203.0.113.10]",
		  "- {to: [cdn.x-y.net, 203.0.113.11], ports: [tcp/443]}" },
		{ "[203.0.113.11]" },
	},
	{
		"VLANs, groups, fragments, other protocols", NULL,
		{
			"lan0 eth bc 11 vlan 20 arp 1 02:00:00:00:00:11 10.2.0.11 10.2.0.1",
			"lan0 eth bc 11 vlan 20 ip 10.2.0.11 224.0.0.251 udp 5353 5353",
			"lan0 eth bc 11 vlan 20 ip 10.2.0.11 10.2.0.255 udp 5000 6000",
			"lan0 eth bc 12 vlan 20 arp 1 02:00:00:00:00:12 10.2.0.12 10.2.0.1",
			"lan0 eth 12 11 vlan 20 ip 10.2.0.11 10.2.0.12 proto 47 data 8",
			"lan0 eth 12 11 vlan 20 ip 10.2.0.11 10.2.0.12 frag 7 0 more udp 4000 7000 data 8",
			"lan0 eth 12 11 vlan 20 ip 10.2.0.11 10.2.0.12 frag 7 16 last proto 17 data 8",
			"lan0 eth 12 11 vlan 20 ip 10.2.0.11 10.2.0.12 echo 5",
			ARP("11", "10.1.0.11"), ARP("11", "10.1.0.11"),
		},
		{
			"lan0-20:\n    interfaces: [{name: lan0, vlan: 20}]\n    subnets: [10.2.0.0/24]\n    fragments: track",
			"mdns: [224.0.0.251]", "broadcast: [10.2.0.255]", "- {to: mdns, ports: [udp/5353]}",
			"ports: [icmp, udp/7000, proto/47]", "  lan0:\n    interfaces: [lan0]\n    subnets: [10.1.0.0/24]",
			"dev-020000000011-2: {",
		},
		{ "never answered, " },
	},
	{
		"IPv6: what router advertisements and neighbour discovery tell", NULL,
		{
			"lan0 eth bc fe ip fe80::fe ff02::1 ttl 255 nd 134 - "
			"hex 030440c0000000ff000000ff00000000fd002000000000000000000000000000",
			"lan0 eth bc 11 ip :: ff02::1:ff00:11 ttl 255 nd 135 fd00:20::ff:fe00:11",
			"lan0 eth bc 11 ip fd00:20::ff:fe00:11 ff02::1:ff00:1 ttl 255 nd 135 fe80::fe",
			"lan0 eth fe 11 ip fd00:20::ff:fe00:11 2001:db8::9 tcp 40000 443 S",
			"lan0 eth 11 fe ip 2001:db8::9 fd00:20::ff:fe00:11 tcp 443 40000 SA",
			"lan0 eth bc 11 ip fe80::11 ff02::fb ttl 255 udp 5353 5353",
			"lan0 eth fe 11 ip fe80::11 fe80::fe udp 40000 53",
			/* to a link-local address nothing is a reply: it is a group as far as rules go */
			"!lan0 eth 11 fe ip fe80::fe fe80::11 udp 53 40000",
		},
		{
			"subnets: [\"fd00:20::/64\"]", "subnets: [0.0.0.0/0, \"::/0\"]\n    router-advertisements: true",
			"mac: \"02:00:00:00:00:fe\", segment: lan0, router: true", "mdns: [\"ff02::fb\"]",
			"- {to: \"2001:db8::9\", ports: [tcp/443]}", "- {to: \"fe80::fe\", ports: [udp/53]}",
		},
		{ "rogue" },
	},
	{}
};
