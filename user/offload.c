// SPDX-License-Identifier: GPL-2.0-only
#include "offload.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "cleanup.h"

static const struct {
	enum offload offload;
	const char *feature; /* the kernel's name */
	const char *name; /* ethtool's */
} known[] = {
	{ OFFLOAD_RX_VLAN, "rx-vlan-hw-parse", "rx-vlan-offload" },
	{ OFFLOAD_RX_STAG, "rx-vlan-stag-hw-parse", "rx-vlan-stag-hw-parse" },
	{ OFFLOAD_GRO, "rx-gro", "gro" },
	{ OFFLOAD_GRO_HW, "rx-gro-hw", "rx-gro-hw" },
	{ OFFLOAD_LRO, "rx-lro", "lro" },
};

#define NKNOWN (sizeof(known) / sizeof(known[0]))

static int ethtool(const char *interface, void *request)
{
	_cleanup_close_ int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq ifr = { .ifr_data = request };

	if (sock < 0)
		return -errno;
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", interface);
	return ioctl(sock, SIOCETHTOOL, &ifr) ? -errno : 0;
}

/* Feature names in the order of their bits. NULL with *n 0: the interface has none. */
static int feature_names(const char *interface, struct ethtool_gstrings **out, uint32_t *n)
{
	struct {
		struct ethtool_sset_info info;
		uint32_t count;
	} set = { .info = { .cmd = ETHTOOL_GSSET_INFO, .sset_mask = 1ULL << ETH_SS_FEATURES } };
	struct ethtool_gstrings *names;
	int err = ethtool(interface, &set);

	if (err)
		return err;
	names = calloc(1, sizeof(*names) + (size_t)set.count * ETH_GSTRING_LEN);
	if (!names)
		return -ENOMEM;
	*names = (struct ethtool_gstrings){
		.cmd = ETHTOOL_GSTRINGS, .string_set = ETH_SS_FEATURES, .len = set.count,
	};
	err = ethtool(interface, names);
	if (err) {
		free(names);
		return err;
	}
	*out = names;
	*n = set.count;
	return 0;
}

/* bits[i] becomes the bit of known[i], UINT32_MAX where the kernel has none. */
static int feature_bits(const char *interface, uint32_t bits[NKNOWN], uint32_t *nblocks)
{
	_cleanup_free_ struct ethtool_gstrings *names = NULL;
	uint32_t n = 0;
	int err = feature_names(interface, &names, &n);

	if (err)
		return err;
	for (size_t i = 0; i < NKNOWN; i++) {
		bits[i] = UINT32_MAX;
		for (uint32_t bit = 0; bit < n; bit++) {
			if (!strncmp((char *)names->data + (size_t)bit * ETH_GSTRING_LEN,
				     known[i].feature, ETH_GSTRING_LEN))
				bits[i] = bit;
		}
	}
	*nblocks = (n + 31) / 32;
	return 0;
}

/* Which are on, and which of all cannot be changed. An interface without features has none. */
static int read_features(const char *interface, uint32_t *on, uint32_t *fixed)
{
	_cleanup_free_ struct ethtool_gfeatures *features = NULL;
	uint32_t bits[NKNOWN], nblocks;
	int err = feature_bits(interface, bits, &nblocks);

	*on = *fixed = 0;
	if (err)
		return err == -EOPNOTSUPP ? 0 : err;
	features = calloc(1, sizeof(*features) + nblocks * sizeof(features->features[0]));
	if (!features)
		return -ENOMEM;
	features->cmd = ETHTOOL_GFEATURES;
	features->size = nblocks;
	err = ethtool(interface, features);
	for (size_t i = 0; i < NKNOWN && !err; i++) {
		const struct ethtool_get_features_block *block = &features->features[bits[i] / 32];
		uint32_t bit = 1U << bits[i] % 32;

		if (bits[i] == UINT32_MAX)
			continue;
		*on |= block->active & bit ? known[i].offload : 0;
		*fixed |= !(block->available & bit) || block->never_changed & bit ? known[i].offload : 0;
	}
	return err;
}

int offloads_get(const char *interface, uint32_t *on)
{
	uint32_t found, fixed;
	int err = read_features(interface, &found, &fixed);

	if (!err)
		*on = found;
	return err;
}

int offloads_fixed(const char *interface, uint32_t *fixed)
{
	uint32_t on, found;
	int err = read_features(interface, &on, &found);

	if (!err)
		*fixed = found;
	return err;
}

int offloads_set(const char *interface, uint32_t which, bool on)
{
	_cleanup_free_ struct ethtool_sfeatures *features = NULL;
	uint32_t bits[NKNOWN], nblocks, now;
	int err = feature_bits(interface, bits, &nblocks);

	if (err)
		return err;
	features = calloc(1, sizeof(*features) + nblocks * sizeof(features->features[0]));
	if (!features)
		return -ENOMEM;
	features->cmd = ETHTOOL_SFEATURES;
	features->size = nblocks;
	for (size_t i = 0; i < NKNOWN; i++) {
		uint32_t bit = bits[i];

		if (!(which & known[i].offload) || bit == UINT32_MAX)
			continue;
		features->features[bit / 32].valid |= 1U << bit % 32;
		if (on)
			features->features[bit / 32].requested |= 1U << bit % 32;
	}
	err = ethtool(interface, features);
	if (!err)
		err = offloads_get(interface, &now);
	if (err)
		return err;
	return (now & which) == (on ? which : 0) ? 0 : -EOPNOTSUPP;
}

const char *format_offloads(uint32_t which, char buf[OFFLOADS_LEN])
{
	size_t at = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < NKNOWN; i++) {
		if (which & known[i].offload)
			at += snprintf(buf + at, OFFLOADS_LEN - at, "%s%s", at ? ", " : "", known[i].name);
	}
	return buf;
}

int interface_driver(const char *interface, char driver[DRIVER_LEN])
{
	struct ethtool_drvinfo info = { .cmd = ETHTOOL_GDRVINFO };
	int err = ethtool(interface, &info);

	if (!err)
		snprintf(driver, DRIVER_LEN, "%.*s", DRIVER_LEN - 1, info.driver);
	return err;
}

bool interface_has_driver(const char *interface, const char *driver)
{
	char its[DRIVER_LEN];

	return !interface_driver(interface, its) && !strcmp(its, driver);
}

int channels_get(const char *interface, uint32_t *now, uint32_t *most)
{
	struct ethtool_channels channels = { .cmd = ETHTOOL_GCHANNELS };
	int err = ethtool(interface, &channels);

	if (err)
		return err;
	*now = channels.combined_count + channels.rx_count;
	*most = channels.max_combined ? channels.max_combined : channels.max_rx;
	return 0;
}
