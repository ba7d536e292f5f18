// SPDX-License-Identifier: GPL-2.0-only
#include "learn_options.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "diag.h"
#include "names.h"
#include "value.h"

enum long_option { OPT_FOR = 256, OPT_GATEWAY, OPT_ROUTER, OPT_SUBNET, OPT_SEGMENT, OPT_HOSTS, OPT_LIVE, OPT_ENFORCE };

static const struct option long_options[] = {
	{ "output", required_argument, NULL, 'o' },
	{ "live", no_argument, NULL, OPT_LIVE },
	{ "for", required_argument, NULL, OPT_FOR },
	{ "gateway", required_argument, NULL, OPT_GATEWAY },
	{ "router", required_argument, NULL, OPT_ROUTER },
	{ "subnet", required_argument, NULL, OPT_SUBNET },
	{ "segment", required_argument, NULL, OPT_SEGMENT },
	{ "hosts", required_argument, NULL, OPT_HOSTS },
	{ "enforce", no_argument, NULL, OPT_ENFORCE },
	{},
};

const char learn_help[] =
	"PORT is an interface's name, FILE a pcap or pcapng capture of Ethernet that was taken there; out:PORT=FILE\n"
	"are frames that the gateway sent. The policy judges only (mode: audit) until you take that out.\n"
	"\n"
	"  -o, --output FILE        write it there, and a summary to stdout\n"
	"      --live               listen, on the ports of the live policy or on each PORT, until interrupted\n"
	"      --for TIME           listen for so long: 24h, 30m\n"
	"      --gateway ADDRESS|MAC\n"
	"                           this is the gateway that the policy is for, and no router beside it; where the\n"
	"                           capture is of an interface of this host, that is known\n"
	"      --router ADDRESS|MAC it forwards for others, though no frame shows it\n"
	"      --subnet CIDR        who lives on the ports has addresses of these; else DHCP, router advertisements\n"
	"                           and the addresses themselves tell\n"
	"      --segment NAME=PORT  the segment of this port (lan0, or lan0.20 for VLAN 20) is called so; several\n"
	"                           ports may be one segment\n"
	"      --hosts NAME=PORT    the same, and who lives there is not listed: servers, or the way out\n"
	"      --enforce            write a policy that drops\n";

/* Room for one more; NULL without memory. */
static void *grow(void **array, size_t n, size_t size)
{
	void *larger = reallocarray(*array, n + 1, size);

	if (!larger) {
		fail(0, "out of memory");
		return NULL;
	}
	*array = larger;
	return memset((char *)larger + n * size, 0, size);
}

static bool read_identity(const char *text, struct draft_identity *out)
{
	out->is_mac = !parse_mac(text, out->mac);
	return out->is_mac || !parse_addr(text, &out->addr);
}

static int add_identity(struct draft_identity **list, size_t *n, const char *text, const char *option)
{
	struct draft_identity *identity = grow((void **)list, *n, sizeof(**list));

	if (!identity)
		return EXIT_SYSTEM;
	if (!read_identity(text, identity))
		return usage_error(&cmd_learn, "--%s wants an IP address or a MAC address, not '%s'", option, text);
	++*n;
	return EXIT_DONE;
}

int learn_options_add_gateway(struct learn_options *options, const struct draft_identity *identity)
{
	struct draft_identity *added = grow((void **)&options->draft.gateway, options->draft.ngateway, sizeof(*added));

	if (!added)
		return -ENOMEM;
	*added = *identity;
	options->draft.ngateway++;
	return 0;
}

static int add_subnet(struct draft_options *options, const char *argument)
{
	struct diag *diag __attribute__((cleanup(diag_cleanup))) = diag_new();
	struct prefix *prefix = grow((void **)&options->subnets, options->nsubnets, sizeof(*prefix));
	const struct text text = { .s = argument, .len = strlen(argument) };

	if (!diag || !prefix)
		return EXIT_SYSTEM;
	if (!value_prefix(diag, &text, false, prefix))
		return usage_error(&cmd_learn, "--subnet: %s", diag->items[0].message);
	options->nsubnets++;
	return EXIT_DONE;
}

static int add_segment(struct draft_options *options, char *argument, bool hosts)
{
	struct diag *diag __attribute__((cleanup(diag_cleanup))) = diag_new();
	struct draft_named *named = grow((void **)&options->segments, options->nsegments, sizeof(*named));
	char *equals = strchr(argument, '=');
	const struct text text = { .s = argument, .len = equals ? (size_t)(equals - argument) : 0 };

	if (!diag || !named)
		return EXIT_SYSTEM;
	if (!equals || !equals[1])
		return usage_error(&cmd_learn, "'%s' is no NAME=PORT, such as cameras=lan0", argument);
	if (!value_name(diag, &text, "segment", false))
		return usage_error(&cmd_learn, "%s", diag->items[0].message);
	*equals = '\0';
	for (size_t i = 0; i < options->nsegments; i++) {
		if (!strcmp(options->segments[i].name, argument) && options->segments[i].hosts != hosts)
			return usage_error(&cmd_learn, "'%s' cannot be a segment of devices and one of hosts", argument);
	}
	*named = (struct draft_named){ .name = argument, .port = equals + 1, .hosts = hosts };
	options->nsegments++;
	return EXIT_DONE;
}

static int parse_option(int opt, char **argv, struct learn_options *options)
{
	struct draft_options *draft = &options->draft;

	switch (opt) {
	case 'o':
		options->path = optarg;
		return EXIT_DONE;
	case OPT_LIVE:
		options->live = true;
		return EXIT_DONE;
	case OPT_ENFORCE:
		options->enforce = true;
		return EXIT_DONE;
	case OPT_FOR:
		if (parse_duration(optarg, &options->duration))
			return usage_error(&cmd_learn, "'%s' is no time: write 24h, 30m or 90s", optarg);
		return EXIT_DONE;
	case OPT_GATEWAY:
		return add_identity(&draft->gateway, &draft->ngateway, optarg, "gateway");
	case OPT_ROUTER:
		return add_identity(&draft->routers, &draft->nrouters, optarg, "router");
	case OPT_SUBNET:
		return add_subnet(draft, optarg);
	case OPT_SEGMENT:
	case OPT_HOSTS:
		return add_segment(draft, optarg, opt == OPT_HOSTS);
	default:
		return option_error(&cmd_learn, opt, argv);
	}
}

int learn_options_parse(int argc, char **argv, struct learn_options *options)
{
	int opt;

	while ((opt = getopt_long(argc, argv, ":o:", long_options, NULL)) != -1) {
		int status = parse_option(opt, argv, options);

		if (status)
			return status;
	}
	if (options->duration && !options->live)
		return usage_error(&cmd_learn, "--for says how long --live listens: give both");
	if (!options->live && optind == argc)
		return usage_error(&cmd_learn, "it needs at least one PORT=FILE, or --live");
	return EXIT_DONE;
}

void learn_options_free(struct learn_options *options)
{
	free(options->draft.gateway);
	free(options->draft.routers);
	free(options->draft.subnets);
	free(options->draft.segments);
}
