// SPDX-License-Identifier: GPL-2.0-only
#include "hostview.h"

#include <linux/if_ether.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timex.h>

#include "cleanup.h"
#include "policy.h"
#include "sha256.h"

static bool named(const char *const *names, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++) {
		if (!strcmp(names[i], name))
			return true;
	}
	return false;
}

/* The interface that the name had before, under the name that it has now; 0: it is gone, or another port. */
static uint32_t renamed(const char *const *names, size_t n, const struct network *network,
			const struct bundle *before, const char *name)
{
	uint32_t ifindex = before ? bundle_port_ifindex(before, name) : 0;
	const struct interface *interface = ifindex ? network_at(network, ifindex) : NULL;

	return interface && !named(names, n, interface->name) ? ifindex : 0;
}

void hostview_find(const char *const *names, size_t n, const struct network *network,
		   const struct bundle *before, uint32_t *ifindexes)
{
	for (size_t i = 0; i < n; i++) {
		const struct interface *found = network_find(network, names[i]);

		ifindexes[i] = found ? found->ifindex : renamed(names, n, network, before, names[i]);
	}
}

bool hostview_jumbo(const uint32_t *ifindexes, size_t n, const struct network *network)
{
	for (size_t i = 0; i < n; i++) {
		const struct interface *interface = ifindexes[i] ? network_at(network, ifindexes[i]) : NULL;

		if (interface && interface->mtu > ETH_DATA_LEN)
			return true;
	}
	return false;
}

int64_t hostview_tai_offset(void)
{
	struct timex timex = {};

	return adjtimex(&timex) < 0 ? 0 : timex.tai * NSEC_PER_SEC;
}

static int compare_addrs(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct picket_addr));
}

/* Interfaces whose frames were judged when they arrived, in the kernel's order. */
static void add_judged(struct sha256_ctx *sha, const uint32_t *ifindexes, size_t n, const struct network *network,
		       uint32_t *judged)
{
	for (size_t i = 0; i < n; i++) {
		const struct interface *interface = ifindexes[i] ? network_at(network, ifindexes[i]) : NULL;

		if (interface)
			judged[interface - network->interfaces] = INTERFACE_JUDGED;
	}
	network_spread(network, judged);
	for (size_t i = 0; i < network->ninterfaces; i++) {
		if (judged[i])
			sha256_add(sha, &network->interfaces[i].ifindex, sizeof(uint32_t));
	}
}

uint64_t hostview_hash(const uint32_t *ifindexes, size_t n, const struct network *network)
{
	_cleanup_free_ uint32_t *judged = calloc(network->ninterfaces + 1, sizeof(*judged));
	_cleanup_free_ struct picket_addr *addrs = calloc(network->naddrs + 1, sizeof(*addrs));
	int64_t tai = hostview_tai_offset();
	bool jumbo = hostview_jumbo(ifindexes, n, network);
	union {
		uint8_t bytes[SHA256_DIGEST_SIZE];
		uint64_t hash;
	} digest;
	struct sha256_ctx sha;

	if (!judged || !addrs)
		return 0;
	memcpy(addrs, network->addrs, network->naddrs * sizeof(*addrs));
	qsort(addrs, network->naddrs, sizeof(*addrs), compare_addrs);
	sha256_init(&sha);
	sha256_add(&sha, ifindexes, n * sizeof(*ifindexes));
	sha256_add(&sha, addrs, network->naddrs * sizeof(*addrs));
	sha256_add(&sha, &jumbo, sizeof(jumbo));
	sha256_add(&sha, &tai, sizeof(tai));
	add_judged(&sha, ifindexes, n, network, judged);
	sha256_digest(&sha, SHA256_DIGEST_SIZE, digest.bytes);
	return digest.hash | 1;
}
