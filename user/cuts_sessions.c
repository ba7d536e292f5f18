// SPDX-License-Identifier: GPL-2.0-only
/* Whether a policy drops the packets of the SSH connection that it is made live by. */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "cleanup.h"
#include "cuts.h"
#include "plan_flow.h"
#include "route.h"
#include "session.h"

#define STACKED_MOST 8 /* VLANs on bonds in bridges */

struct crossing {
	const struct cuts_input *input;
	const struct ssh_session *session;
	const uint8_t *mac; /* of who sends its packets here, NULL: not known */
	int err;
};

static bool is_port(const struct policy *policy, const char *interface)
{
	for (size_t i = 0; i < policy->nports; i++)
		if (!strcmp(policy->ports[i].interface, interface))
			return true;
	return false;
}

/* What the policy says of its packets on a port's interface; REASON_NONE: they pass. */
static enum reason judge(struct crossing *c, const char *interface, uint16_t vlan)
{
	const struct plan_flow flow = {
		.interface = interface, .vlan = vlan, .src = c->session->client, .dst = c->session->server,
		.mac = c->mac, .protocol = IPPROTO_TCP, .sport = c->session->client_port,
		.dport = c->session->server_port,
	};
	struct flow_opinion opinion = { .verdict = VERDICT_PASS };
	int err = plan_flow_judge(c->input->policy, &flow, c->input->network->addrs, c->input->network->naddrs,
				  c->input->time, &opinion);

	c->err = c->err ? c->err : err == -EINVAL ? 0 : err;
	return opinion.verdict == VERDICT_DROP ? opinion.reason : REASON_NONE;
}

static enum reason cross(struct crossing *c, const struct interface *at, uint16_t vlan, int depth);

/* By which of its members packets come into a bridge or a bond is not known: one that lets them in will do. */
static enum reason cross_members(struct crossing *c, const struct interface *bridge, uint16_t vlan, int depth)
{
	const struct network *network = c->input->network;
	enum reason reason = REASON_NONE;

	for (size_t i = 0; i < network->ninterfaces; i++) {
		if (network->interfaces[i].master != bridge->ifindex)
			continue;
		if (!is_port(c->input->policy, network->interfaces[i].name) && !network->interfaces[i].lower)
			continue;
		reason = cross(c, &network->interfaces[i], vlan, depth);
		if (!reason)
			return REASON_NONE;
	}
	return reason;
}

/* Every port on the way may drop it: this interface, and those that it is stacked on. */
static enum reason cross(struct crossing *c, const struct interface *at, uint16_t vlan, int depth)
{
	const struct interface *lower;
	enum reason reason = REASON_NONE;

	if (is_port(c->input->policy, at->name))
		reason = judge(c, at->name, vlan);
	if (reason || depth == STACKED_MOST)
		return reason;
	lower = at->lower ? network_at(c->input->network, at->lower) : NULL;
	if (lower)
		return cross(c, lower, at->vlan ? at->vlan : vlan, depth + 1);
	return cross_members(c, at, vlan, depth + 1);
}

static const uint8_t *mac_of(const struct neighbour *all, size_t n, const struct route *route)
{
	for (size_t i = 0; i < n; i++)
		if (all[i].ifindex == route->ifindex && !memcmp(&all[i].addr, &route->hop, sizeof(route->hop)))
			return all[i].mac;
	return NULL;
}

static int add_session(struct cuts *cuts, const struct ssh_session *session, enum reason reason)
{
	struct cut cut = { .reason = reason, .flows = 1 };
	char addr[ADDR_LEN];

	snprintf(cut.from, sizeof(cut.from), "%s", format_addr(&session->client, addr));
	snprintf(cut.to, sizeof(cut.to), "%s", format_addr(&session->server, addr));
	snprintf(cut.service, sizeof(cut.service), "tcp/%u", session->server_port);
	return cut_list_add(&cuts->sessions, &cut);
}

int cuts_find_sessions(const struct cuts_input *input, struct cuts *cuts)
{
	struct ssh_session sessions[SESSIONS_MOST];
	size_t n = sessions_find(sessions), nneighbours = 0;
	_cleanup_free_ struct neighbour *neighbours = NULL;
	int err = 0;

	if (n)
		neighbours_get(&neighbours, &nneighbours);
	for (size_t i = 0; i < n && !err; i++) {
		struct crossing crossing = { .input = input, .session = &sessions[i] };
		const struct interface *at;
		struct route route;
		enum reason reason;

		if (route_get(&sessions[i].client, &sessions[i].server, sessions[i].ifindex, &route))
			continue;
		crossing.mac = mac_of(neighbours, nneighbours, &route);
		at = network_at(input->network, route.ifindex);
		reason = at ? cross(&crossing, at, 0, 0) : REASON_NONE;
		err = crossing.err;
		if (reason && !err)
			err = add_session(cuts, &sessions[i], reason);
	}
	return err;
}
