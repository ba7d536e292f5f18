// SPDX-License-Identifier: GPL-2.0-only
#include "top_page.h"

#include <ctype.h>
#include <linux/if_ether.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "names.h"
#include "top_format.h"
#include "top_limits.h"
#include "top_table.h"

#define LABEL 14 /* columns of what a fact is called, the margin included */
#define SECOND_FACT 46 /* where the second one of a line begins */
#define CLOCK 11 /* where a formatted time has its hours */
#define ENDPOINT_LEN (ADDR_LEN + 8)

struct page {
	const struct top_device *device;
	const struct top_data *data;
	enum bucket buckets[BUCKETS]; /* those that it has */
	struct fill fills[BUCKETS];
};

/* ---- facts ---- */

static void draw_fact(int y, int x, const char *label, enum style style, const char *text)
{
	screen_text(y, x, LABEL - 1, STYLE_DIM, label);
	screen_print(y, x + LABEL - 1, style, "%s", text);
}

/* Or what there is to say instead. */
static const char *fact(const struct page *page, const char *text)
{
	if (*text)
		return text;
	return page->device->asked ? "..." : "-";
}

static void draw_condition(const struct page *page, int y)
{
	enum condition condition = ident_condition(&page->data->idents[page->device->row], page->data->now);
	const char *name = condition_name(condition);
	int x = screen_print(y, 1, STYLE_STRONG, "%s", page->device->name) + 2;

	if (!page->device->row)
		screen_print(y, x, STYLE_ALERT, " the live policy does not list it any more ");
	else if (condition == CONDITION_ACTIVE)
		screen_print(y, x, STYLE_PASSED, "%s", name);
	else
		screen_print(y, x, STYLE_ALERT, " %s ", name);
}

/* Those that are listed with it, and those that it has by its place now. */
static void draw_roles(const struct page *page, int y)
{
	const struct top_device *device = page->device;
	const char *roles = live_device_roles(page->data->live, device->row);
	char text[FACTS_TEXT];
	size_t used = snprintf(text, sizeof(text), "%s", *roles ? roles : "-");

	for (size_t i = 0; i < device->facts.nassigned && used < sizeof(text); i++) {
		const struct assigned *assigned = &device->facts.assigned[i];

		if (page->data->now >= assigned->from && page->data->now < assigned->until)
			used += snprintf(text + used, sizeof(text) - used, ", %s (by place)", assigned->role);
	}
	draw_fact(y, 1, "Role", STYLE_PLAIN, text);
}

static void draw_segment(const struct page *page, int y, int x)
{
	uint32_t row = page->data->idents[page->device->row].segment;
	const char *name = live_segment_name(page->data->live, row);
	char text[FACTS_TEXT];

	snprintf(text, sizeof(text), "%s%s", name ? name : "-",
		 page->data->segments[row].flags & SEGMENT_AUDIT ? ", in audit mode" : "");
	draw_fact(y, x, "Segment", STYLE_PLAIN, text);
}

static void draw_mac(const struct page *page, int y)
{
	const struct ident *ident = &page->data->idents[page->device->row];
	char mac[MAC_LEN], text[FACTS_TEXT];

	snprintf(text, sizeof(text), "%s%s%s", ident->flags & IDENT_MAC ? format_mac(ident->mac, mac) : "-",
		 ident->flags & IDENT_ROUTER ? ", router" : "",
		 ident->flags & IDENT_DHCP_SERVER ? ", DHCP server" : "");
	draw_fact(y, 1, "MAC", STYLE_PLAIN, text);
}

static void draw_addresses(const struct page *page, int y)
{
	const struct top_device *device = page->device;
	char text[2 * FACTS_TEXT], addr[ADDR_LEN], since[COUNT_LEN];
	size_t used = snprintf(text, sizeof(text), "%s", device->facts.addresses);

	for (size_t i = 0; i < device->nlearned && used < sizeof(text); i++)
		used += snprintf(text + used, sizeof(text) - used, "%s%s (learned, used %s%s)", used ? "  " : "",
				 format_addr(&device->learned[i].addr, addr),
				 format_since(device->learned[i].used, page->data->at, since),
				 isdigit((unsigned char)*since) ? " ago" : "");
	draw_fact(y, 1, "Addresses", STYLE_PLAIN, fact(page, text));
}

static void draw_seen(const struct page *page, int y)
{
	const struct state *state = &page->device->state;
	enum reason reason = last_reason(state);
	char since[COUNT_LEN], text[FACTS_TEXT];

	draw_fact(y, 1, "Last sent", STYLE_PLAIN, format_since(state->sent.seen, page->data->at, since));
	snprintf(text, sizeof(text), "%s", reason ? reason_name(reason) : "-");
	draw_fact(y, SECOND_FACT, "Last refused", STYLE_PLAIN, text);
	if (reason)
		screen_print(y, SECOND_FACT + LABEL + strlen(text), STYLE_DIM, "%s",
			     format_since(state->refused, page->data->at, since));
}

static int draw_facts(const struct page *page, int y)
{
	draw_condition(page, y++);
	if (!page->device->row)
		return y;
	draw_roles(page, y++);
	draw_segment(page, y, 1);
	draw_fact(y++, SECOND_FACT, "Place", STYLE_PLAIN, fact(page, page->device->facts.space));
	draw_mac(page, y++);
	draw_addresses(page, y++);
	draw_seen(page, y++);
	return y;
}

/* ---- rates ---- */

static const struct page *page_of(const struct cell *cell)
{
	return cell->context;
}

static double lane_rate(const struct cell *cell, enum metric metric)
{
	return series_rate(&page_of(cell)->device->lanes, cell->index * METRICS + metric, SERIES_MOST);
}

static void direction_cell(const struct cell *cell)
{
	cell_text(cell, STYLE_STRONG, cell->index == DIR_SEND ? "sent" : "received");
}

static void passed_cell(const struct cell *cell)
{
	cell_count(cell, STYLE_PASSED, lane_rate(cell, METRIC_PASSED));
}

static void bytes_cell(const struct cell *cell)
{
	cell_bytes(cell, STYLE_PLAIN, lane_rate(cell, METRIC_BYTES));
}

static void dropped_cell(const struct cell *cell)
{
	cell_count(cell, STYLE_DROPPED, lane_rate(cell, METRIC_DROPPED));
}

static void audit_cell(const struct cell *cell)
{
	cell_count(cell, STYLE_AUDIT, lane_rate(cell, METRIC_AUDIT));
}

static void passed_total_cell(const struct cell *cell)
{
	cell_count(cell, STYLE_PLAIN, counts_of(&page_of(cell)->device->state, cell->index).packets);
}

static void dropped_total_cell(const struct cell *cell)
{
	cell_count(cell, STYLE_PLAIN, counts_of(&page_of(cell)->device->state, cell->index).dropped_packets);
}

static void history_cell(const struct cell *cell)
{
	const struct top_device *device = page_of(cell)->device;
	const struct ident *ident = &page_of(cell)->data->idents[device->row];

	cell_histories(cell, device->histories[cell->index],
		       page_of(cell)->data->segments[ident->segment].flags & SEGMENT_AUDIT);
}

static const struct column lane_columns[] = {
	{ "", direction_cell, 9, 24, 0, false, 0 },
	{ "PASSED/s", passed_cell, 8, 10, 0, true, 0 },
	{ "BYTES/s", bytes_cell, 10, 12, 0, true, 0 },
	{ "DROPPED/s", dropped_cell, 9, 10, 0, true, 0 },
	{ "AUDIT/s", audit_cell, 7, 9, 0, true, 0 },
	{ "PASSED", passed_total_cell, 7, 9, 0, true, 0 },
	{ "DROPPED", dropped_total_cell, 7, 9, 0, true, 0 },
	{ "HISTORY", history_cell, 9, 121, 0, false, 0 },
};

/* ---- buckets ---- */

static enum bucket bucket_of(const struct cell *cell)
{
	return page_of(cell)->buckets[cell->index];
}

static const struct fill *fill_of(const struct cell *cell)
{
	return &page_of(cell)->fills[cell->index];
}

static void bucket_cell(const struct cell *cell)
{
	cell_text(cell, STYLE_STRONG, bucket_name(bucket_of(cell)));
}

static void rate_cell(const struct cell *cell)
{
	cell_limit(cell, fill_of(cell), bucket_is_bytes(bucket_of(cell)));
}

static void units_cell(const struct cell *cell, uint64_t units)
{
	if (bucket_is_bytes(bucket_of(cell)))
		cell_bytes(cell, STYLE_PLAIN, units);
	else
		cell_count(cell, STYLE_PLAIN, units);
}

static void burst_cell(const struct cell *cell)
{
	units_cell(cell, fill_of(cell)->burst);
}

static void left_cell(const struct cell *cell)
{
	units_cell(cell, fill_of(cell)->available);
}

static void used_cell(const struct cell *cell)
{
	cell_fill(cell, fill_of(cell));
}

static void refused_cell(const struct cell *cell)
{
	cell_count(cell, STYLE_DROPPED, page_of(cell)->device->refused[bucket_of(cell)].packets);
}

static void when_refused_cell(const struct cell *cell)
{
	cell_since(cell, page_of(cell)->device->refused[bucket_of(cell)].last, page_of(cell)->data->at);
}

static const struct column bucket_columns[] = {
	{ "LIMIT", bucket_cell, 15, 24, 0, false, 0 },
	{ "RATE", rate_cell, 11, 12, 0, true, 0 },
	{ "BURST", burst_cell, 9, 10, 0, true, 0 },
	{ "LEFT", left_cell, 9, 10, 0, true, 0 },
	{ "USED", used_cell, 12, 40, 0, false, 0 },
	{ "REFUSED", refused_cell, 7, 9, 0, true, 0 },
	{ "LAST", when_refused_cell, 5, 6, 0, true, 0 },
};

static size_t find_buckets(struct page *page)
{
	size_t n = 0;

	for (int bucket = 0; bucket < BUCKETS && page->device->row; bucket++) {
		if (top_device_fill(page->device, page->data, bucket, &page->fills[n]))
			page->buckets[n++] = bucket;
	}
	return n;
}

/* ---- drops ---- */

static const struct drop *drop_of(const struct cell *cell)
{
	return &page_of(cell)->device->drops[cell->index];
}

static void time_cell(const struct cell *cell)
{
	char time[TIME_LEN];

	format_time(drop_of(cell)->time / NSEC_PER_SEC * NSEC_PER_SEC, time);
	cell_text(cell, STYLE_DIM, time + CLOCK);
}

static void reason_cell(const struct cell *cell)
{
	const struct event *event = &drop_of(cell)->event;

	cell_text(cell, event->verdict == VERDICT_AUDIT ? STYLE_AUDIT : STYLE_DROPPED,
		  reason_name(event->reason));
}

static bool has_ports(const struct event *event)
{
	return (event->flags & EVENT_PORTS) && (event->protocol == IPPROTO_TCP ||
		event->protocol == IPPROTO_UDP || event->protocol == IPPROTO_SCTP);
}

static const char *format_endpoint(const struct event *event, const struct picket_addr *addr, uint16_t port,
				   char buf[ENDPOINT_LEN])
{
	char text[ADDR_LEN];

	format_addr(addr, text);
	if (!has_ports(event))
		snprintf(buf, ENDPOINT_LEN, "%s", text);
	else
		snprintf(buf, ENDPOINT_LEN, event->flags & EVENT_IPV6 ? "[%s]:%u" : "%s:%u", text, port);
	return buf;
}

/* "10.20.0.17:40000 > 10.1.0.10:8883" */
static void addresses_cell(const struct cell *cell)
{
	const struct event *event = &drop_of(cell)->event;
	char src[ENDPOINT_LEN], dst[ENDPOINT_LEN], text[2 * ENDPOINT_LEN + 4], mac[MAC_LEN];

	if (event->flags & EVENT_IP)
		snprintf(text, sizeof(text), "%s > %s", format_endpoint(event, &event->src, event->sport, src),
			 format_endpoint(event, &event->dst, event->dport, dst));
	else if (event->ethertype == ETH_P_ARP)
		snprintf(text, sizeof(text), "%s", format_endpoint(event, &event->src, 0, src));
	else
		snprintf(text, sizeof(text), "%s", format_mac(event->mac, mac));
	cell_text(cell, STYLE_PLAIN, text);
}

static void protocol_cell(const struct cell *cell)
{
	const struct event *event = &drop_of(cell)->event;
	char protocol[PROTOCOL_LEN];

	if (event->flags & EVENT_IP)
		format_protocol(event->protocol, protocol);
	else if (event->ethertype == ETH_P_ARP)
		snprintf(protocol, sizeof(protocol), "arp");
	else
		snprintf(protocol, sizeof(protocol), "0x%04x", event->ethertype);
	cell_text(cell, STYLE_PLAIN, protocol);
}

static void frames_cell(const struct cell *cell)
{
	cell_count(cell, STYLE_PLAIN, drop_of(cell)->event.count);
}

static const struct column drop_columns[] = {
	{ "LAST DROPS", time_cell, 10, 10, 0, false, 0 },
	{ "REASON", reason_cell, 14, 16, 0, false, 0 },
	{ "FRAMES", frames_cell, 6, 8, 0, true, 0 },
	{ "PROTO", protocol_cell, 6, 9, 0, false, 0 },
	{ "FROM > TO", addresses_cell, 36, 112, 0, false, 0 },
};

/* Instead of drops, or of those that are not there. */
static void draw_no_drops(const struct page *page, int y)
{
	const struct top_device *device = page->device;

	if (device->drops_error)
		screen_print(y, 1, STYLE_DIM, "events cannot be read now: %s", strerror(-device->drops_error));
	else if (!device->ndrops)
		screen_print(y, 1, STYLE_DIM, "none since this screen was opened");
	else if (device->drops_lost)
		screen_print(y, 1, STYLE_DIM, "%llu events of all devices were lost: they came too fast",
			     (unsigned long long)device->drops_lost);
}

/* ---- the page ---- */

#define TABLE(columns_, page_) { .columns = (columns_), .n = sizeof(columns_) / sizeof(*(columns_)), \
				 .context = (page_) }

void page_draw(const struct top_device *device, const struct top_data *data, int y, int end)
{
	struct page page = { .device = device, .data = data };
	const struct table lanes = TABLE(lane_columns, &page);
	const struct table buckets = TABLE(bucket_columns, &page);
	const struct table drops = TABLE(drop_columns, &page);
	size_t nbuckets = find_buckets(&page);

	y = draw_facts(&page, y);
	if (device->row) {
		table_draw(&lanes, y, end - y, DIR_SEND, DIRECTIONS);
		y += 1 + DIRECTIONS;
	}
	if (nbuckets) {
		table_draw(&buckets, y, end - y, 0, nbuckets);
		y += 1 + nbuckets;
	}
	table_draw(&drops, y, end - y, 0, device->ndrops);
	y += 1 + device->ndrops;
	if (y < end)
		draw_no_drops(&page, y);
}
