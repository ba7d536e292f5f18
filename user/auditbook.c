// SPDX-License-Identifier: GPL-2.0-only
#include "auditbook_parts.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "lists.h"

#define WELL_KNOWN 1024
#define ECHO_REQUEST 8
#define ECHO_REQUEST6 128
#define ECHO_REPLY6 129

/* ---- owners and rows ---- */

static bool owner_is(const struct audit_owner *owner, const struct audit_owner *wanted)
{
	return owner->reason == wanted->reason && !strcmp(owner->device, wanted->device) &&
	       !strcmp(owner->segment, wanted->segment);
}

static bool same_owner(const void *book, uint32_t index, const void *key)
{
	return owner_is(&((const struct auditbook *)book)->owners[index], key);
}

static uint64_t owner_hash(const struct audit_owner *owner)
{
	struct {
		char device[AUDITBOOK_NAME], segment[AUDITBOOK_NAME];
		uint64_t reason;
	} key = { .reason = owner->reason };

	strcpy(key.device, owner->device);
	strcpy(key.segment, owner->segment);
	return hash_bytes(&key, sizeof(key));
}

struct audit_owner *auditbook_owner(struct auditbook *book, const char *device, const char *segment,
				    uint8_t reason)
{
	struct audit_owner wanted = { .reason = reason };
	uint32_t found;

	snprintf(wanted.device, sizeof(wanted.device), "%s", device ? device : "");
	snprintf(wanted.segment, sizeof(wanted.segment), "%s", segment && !device ? segment : "");
	found = table_find(&book->index, owner_hash(&wanted), &wanted);
	if (found != UINT32_MAX)
		return &book->owners[found];
	if (book->n == OWNERS_MOST ||
	    array_reserve((void **)&book->owners, &book->capacity, book->n + 1, sizeof(*book->owners)))
		return NULL;
	book->owners[book->n] = wanted;
	if (table_add(&book->index, owner_hash(&wanted), &wanted, book->n, &found))
		return NULL;
	return &book->owners[book->n++];
}

static struct audit_row *find_row(const struct audit_owner *owner, const struct audit_key *key)
{
	for (uint32_t i = 0; i < owner->n; i++) {
		if (!memcmp(&owner->rows[i].key, key, sizeof(*key)))
			return &owner->rows[i];
	}
	return NULL;
}

/* What came least often, and of that what came longest ago: what comes again and again stays. */
static struct audit_row *least_row(const struct audit_owner *owner)
{
	struct audit_row *least = owner->rows;

	for (uint32_t i = 1; i < owner->n; i++) {
		struct audit_row *row = &owner->rows[i];

		if (row->packets < least->packets || (row->packets == least->packets && row->last < least->last))
			least = row;
	}
	return least;
}

static bool has_room(struct auditbook *book, struct audit_owner *owner)
{
	uint32_t most = *owner->device ? OWNER_ROWS : UNLISTED_ROWS;
	size_t capacity = owner->capacity;

	if (owner->n == most || book->nrows == ROWS_MOST ||
	    array_reserve((void **)&owner->rows, &capacity, owner->n + 1, sizeof(*owner->rows)))
		return false;
	owner->capacity = capacity;
	return true;
}

struct audit_row *auditbook_row(struct auditbook *book, struct audit_owner *owner, const struct audit_key *key)
{
	struct audit_row *row = find_row(owner, key);

	if (row)
		return row;
	if (has_room(book, owner)) {
		row = &owner->rows[owner->n++];
		book->nrows++;
	} else if (owner->n) {
		row = least_row(owner);
		owner->gone++;
		owner->gone_packets += row->packets;
	} else {
		return NULL;
	}
	*row = (struct audit_row){ .key = *key };
	return row;
}

/* ---- what an event is about ---- */

enum about { ABOUT_SOURCE, ABOUT_ENDS, ABOUT_SERVICE };

static enum about about(uint8_t reason)
{
	switch (reason) {
	case REASON_SEGMENT:
	case REASON_ROLE_CONNECT:
	case REASON_ROLE_ACCEPT:
		return ABOUT_SERVICE;
	case REASON_UNKNOWN_DEVICE: /* of the source or the destination */
	case REASON_NO_FLOW:
	case REASON_FRAGMENT:
		return ABOUT_ENDS;
	default:
		return ABOUT_SOURCE;
	}
}

static struct audit_key key_of(const struct event *event)
{
	enum about what = about(event->reason);
	struct audit_key key = {
		.src = event->src, .reason = event->reason,
		.flags = event->flags & (EVENT_OUT | EVENT_IPV6 | EVENT_IP),
	};

	if (!(event->flags & EVENT_IP))
		key.port = event->ethertype;
	if (what != ABOUT_SOURCE && event->flags & EVENT_IP)
		key.dst = event->dst;
	if (what == ABOUT_SERVICE) {
		key.protocol = event->protocol;
		key.icmp_type = event_is_icmp(event) ? event->icmp_type : 0;
		key.port = event_has_ports(event) ? event->dport : 0;
		key.flags |= event_has_ports(event) ? EVENT_PORTS : 0;
	} else {
		memcpy(key.mac, event->mac, sizeof(key.mac));
		key.vlan = event->vlan;
	}
	return key;
}

/* The key of the flow that the packet answers, if it does. */
static struct audit_key key_backward(const struct event *event, const struct audit_key *key)
{
	struct audit_key back = *key;

	back.src = key->dst;
	back.dst = key->src;
	back.flags &= ~EVENT_OUT;
	back.port = event_has_ports(event) ? event->sport : 0;
	if (event_is_icmp(event) && (event->icmp_type == 0 || event->icmp_type == ECHO_REPLY6))
		back.icmp_type = event->flags & EVENT_IPV6 ? ECHO_REQUEST6 : ECHO_REQUEST;
	return back;
}

/* Whether it looks like an answer; of what opened the flow nothing is known. */
static bool looks_backward(const struct event *event)
{
	bool from = event->sport < WELL_KNOWN, to = event->dport < WELL_KNOWN;

	if (event_is_icmp(event))
		return event->icmp_type == (event->flags & EVENT_IPV6 ? ECHO_REPLY6 : 0);
	if (!event_has_ports(event))
		return false;
	return from != to ? from : event->sport < event->dport;
}

/* A later packet of a flow, which may be older than this book. *answer: it goes the other way. */
static struct audit_row *row_of_flow(struct auditbook *book, struct audit_owner *owner, const struct event *event,
				     bool *answer)
{
	struct audit_key key = key_of(event), back = key_backward(event, &key);
	struct audit_row *row = find_row(owner, &key);

	*answer = false;
	if (row)
		return row;
	row = find_row(owner, &back);
	*answer = row || looks_backward(event);
	return row ? row : auditbook_row(book, owner, *answer ? &back : &key);
}

static void note_first(struct audit_row *row, const struct event *event, const struct event_names *names,
		       bool answer)
{
	row->first = names->time;
	if (answer)
		return;
	snprintf(row->interface, sizeof(row->interface), "%s", names->interface ? names->interface : "");
	memcpy(row->mac, event->mac, sizeof(row->mac));
	row->bytes = event->bytes;
	row->captured = event->captured <= PICKET_CAPTURE ? event->captured : PICKET_CAPTURE;
	memcpy(row->frame, event->frame, row->captured);
}

static bool add(struct auditbook *book, const struct event *event, const struct event_names *names)
{
	struct audit_owner *owner = auditbook_owner(book, names->device, names->segment, event->reason);
	bool answer = false, opens = event->flags & EVENT_OPENS;
	struct audit_key key = key_of(event);
	struct audit_row *row;

	if (!owner)
		return false;
	if (about(event->reason) == ABOUT_SERVICE && !opens)
		row = row_of_flow(book, owner, event, &answer);
	else
		row = auditbook_row(book, owner, &key);
	if (!row)
		return false;
	if (!row->packets)
		note_first(row, event, names, answer);
	row->packets += event->count;
	row->opened += opens ? event->count : 0;
	if (names->time > row->last)
		row->last = names->time;
	return true;
}

/* ---- the book ---- */

int auditbook_new(int64_t now, struct auditbook **out)
{
	struct auditbook *book = calloc(1, sizeof(*book));

	if (!book)
		return -ENOMEM;
	pthread_mutex_init(&book->lock, NULL);
	book->sum.since = now;
	book->index = (struct table){ .same = same_owner, .owner = book };
	*out = book;
	return 0;
}

void auditbook_free(struct auditbook *book)
{
	if (!book)
		return;
	for (size_t i = 0; i < book->n; i++)
		free(book->owners[i].rows);
	free(book->owners);
	table_free(&book->index);
	pthread_mutex_destroy(&book->lock);
	free(book);
}

void auditbook_add(struct auditbook *book, const struct event *event, const struct event_names *names)
{
	if (event->verdict != VERDICT_AUDIT)
		return;
	pthread_mutex_lock(&book->lock);
	if (!add(book, event, names))
		book->sum.left_out += event->count;
	book->sum.changes++;
	pthread_mutex_unlock(&book->lock);
}

void auditbook_lose(struct auditbook *book, uint64_t events)
{
	pthread_mutex_lock(&book->lock);
	book->sum.lost = events;
	pthread_mutex_unlock(&book->lock);
}

struct auditbook_sum auditbook_sum(struct auditbook *book)
{
	struct auditbook_sum sum;

	pthread_mutex_lock(&book->lock);
	sum = book->sum;
	pthread_mutex_unlock(&book->lock);
	return sum;
}

int auditbook_walk(struct auditbook *book, auditbook_fn *fn, void *context)
{
	int err = 0;

	pthread_mutex_lock(&book->lock);
	for (size_t i = 0; i < book->n && !err; i++)
		err = fn(&book->owners[i], context);
	pthread_mutex_unlock(&book->lock);
	return err;
}
