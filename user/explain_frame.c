// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "cmd_explain.h"
#include "commands.h"
#include "diag.h"
#include "names.h"
#include "value.h"

/* "lan0" or "lan0.20"; a name with a dot that the policy itself uses is taken whole. */
static int parse_port(struct explanation *e)
{
	const char *port = e->request->port, *dot = strrchr(port, '.');
	uint64_t vlan;

	e->interface = strdup(port);
	if (!e->interface)
		return fail(EXIT_SYSTEM, "there is not enough memory");
	for (size_t i = 0; i < e->policy->nports; i++) {
		if (!strcmp(e->policy->ports[i].interface, port))
			return EXIT_DONE;
	}
	if (!dot || parse_number(dot + 1, 1, 4094, &vlan))
		return EXIT_DONE;
	e->interface[dot - port] = '\0';
	e->probe.vlan = vlan;
	return EXIT_DONE;
}

/* A listed address of the wanted version: 4, 6, or 0 for any. */
static bool pick_addr(const struct picket_addr *addrs, size_t n, int version,
		      struct picket_addr *out)
{
	for (size_t i = 0; i < n; i++) {
		if (!version || version == (addr_is_ipv4(&addrs[i]) ? 4 : 6)) {
			*out = addrs[i];
			return true;
		}
	}
	return false;
}

/* An address, "gateway", or a device's name. */
static int parse_end(const struct policy *policy, const char *what, const char *text, int version,
		     struct picket_addr *out)
{
	uint32_t device = policy_find_device(policy, text);
	bool found;

	if (!parse_addr(text, out))
		return EXIT_DONE;
	if (device == INDEX_NONE && strcmp(text, "gateway"))
		return usage_error(&cmd_explain, "%s wants an address, a device's name or gateway, not '%s'",
				   what, text);
	if (device != INDEX_NONE)
		found = pick_addr(policy->devices[device].addrs, policy->devices[device].naddrs,
				  version, out);
	else
		found = pick_addr(policy->gateway, policy->ngateway, version, out);
	if (!found)
		return usage_error(&cmd_explain, "the policy lists no %saddress of '%s'; give %s the "
				   "address that it uses", version == 4 ? "IPv4 " :
				   version == 6 ? "IPv6 " : "", text, what);
	return EXIT_DONE;
}

static int version_of(const char *text)
{
	struct picket_addr addr;

	if (parse_addr(text, &addr))
		return 0;
	return addr_is_ipv4(&addr) ? 4 : 6;
}

static int parse_ends(struct explanation *e)
{
	const struct request *request = e->request;
	int version = version_of(request->dst), status;

	status = parse_end(e->policy, "--src", request->src, version, &e->probe.src);
	if (status)
		return status;
	version = addr_is_ipv4(&e->probe.src) ? 4 : 6;
	status = parse_end(e->policy, "--dst", request->dst, version, &e->probe.dst);
	if (status)
		return status;
	if (addr_is_ipv4(&e->probe.src) != addr_is_ipv4(&e->probe.dst))
		return usage_error(&cmd_explain, "'%s' and '%s' are not of one IP version", request->src,
				   request->dst);
	return EXIT_DONE;
}

/* Says what a value function reported. */
static int value_error(struct diag *diag)
{
	int status = usage_error(&cmd_explain, "%s", diag->nitems ? diag->items[0].message :
							       "an argument could not be read");

	diag_free(diag);
	return status;
}

static int parse_service(struct explanation *e)
{
	const char *service = e->request->service;
	const struct text text = {.s = service, .len = strlen(service)};
	struct diag *diag = diag_new();

	if (!diag)
		return fail(EXIT_SYSTEM, "there is not enough memory");
	if (!value_service(diag, &text, &e->probe.service))
		return value_error(diag);
	diag_free(diag);
	e->probe.sport = e->request->sport;
	if (!probe_valid(&e->probe))
		return usage_error(&cmd_explain, "'%s' is not one service: write tcp/8883, udp/53, "
				   "sctp/N, icmp or proto/47", service);
	return EXIT_DONE;
}

static const struct device *device_at(const struct policy *policy, const struct picket_addr *addr)
{
	for (size_t i = 0; i < policy->ndevices; i++) {
		const struct device *device = &policy->devices[i];

		for (size_t j = 0; j < device->naddrs; j++) {
			if (!memcmp(&device->addrs[j], addr, sizeof(*addr)))
				return device;
		}
	}
	return NULL;
}

static bool mac_listed(const struct policy *policy, const uint8_t mac[6])
{
	for (size_t i = 0; i < policy->ndevices; i++) {
		if (policy->devices[i].has_mac && !memcmp(policy->devices[i].mac, mac, 6))
			return true;
	}
	return false;
}

/* A locally administered one that is no device's. */
static void make_up_mac(const struct policy *policy, uint8_t mac[6])
{
	uint8_t made[6] = {0x02, 0x70, 0x69, 0x63, 0x6b, 0};

	while (mac_listed(policy, made) && ++made[5])
		;
	memcpy(mac, made, sizeof(made));
}

/* --mac: a MAC, or the name of the device whose it is. */
static int parse_given_mac(struct explanation *e)
{
	const struct text text = {.s = e->request->mac, .len = strlen(e->request->mac)};
	uint32_t device = policy_find_device(e->policy, e->request->mac);
	struct diag *diag;

	e->mac_source = "option";
	if (device != INDEX_NONE && e->policy->devices[device].has_mac) {
		memcpy(e->probe.src_mac, e->policy->devices[device].mac, 6);
		return EXIT_DONE;
	}
	diag = diag_new();
	if (!diag)
		return fail(EXIT_SYSTEM, "there is not enough memory");
	if (!value_mac(diag, &text, e->probe.src_mac))
		return value_error(diag);
	diag_free(diag);
	return EXIT_DONE;
}

static int choose_macs(struct explanation *e)
{
	static const uint8_t next_hop[6] = {0x02, 0x70, 0x69, 0x63, 0x6b, 0xff};
	const struct device *device = device_at(e->policy, &e->probe.src);
	char mac[MAC_LEN], addr[ADDR_LEN];

	memcpy(e->probe.dst_mac, next_hop, sizeof(next_hop));
	if (e->request->mac)
		return parse_given_mac(e);
	if (device && device->has_mac) {
		e->mac_source = "device";
		memcpy(e->probe.src_mac, device->mac, 6);
		return EXIT_DONE;
	}
	e->mac_source = "made-up";
	make_up_mac(e->policy, e->probe.src_mac);
	if (!e->request->out)
		warn("the policy knows no MAC of %s: the frame comes from the made-up %s; --mac says another",
		     format_addr(&e->probe.src, addr), format_mac(e->probe.src_mac, mac));
	return EXIT_DONE;
}

int explanation_frame(struct explanation *e)
{
	int status = parse_port(e);

	if (!status)
		status = parse_ends(e);
	if (!status)
		status = parse_service(e);
	return status ? status : choose_macs(e);
}
