// SPDX-License-Identifier: GPL-2.0-only
/* The book as JSON, which the daemon answers with, and which it finds again when it starts anew. */
#include "auditbook_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cleanup.h"
#include "history.h"
#include "names.h"

#define FILE_NAME "audit.json"
#define TEMPORARY "audit.new"
#define FORMAT 1

/* ---- writing ---- */

static const char *frame_hex(const struct audit_row *row, char hex[2 * PICKET_CAPTURE + 1])
{
	hex[0] = '\0';
	for (int i = 0; i < row->captured; i++)
		sprintf(hex + 2 * i, "%02x", row->frame[i]);
	return hex;
}

static void print_row(struct output *out, const struct audit_row *row)
{
	char src[ADDR_LEN], dst[ADDR_LEN], key_mac[MAC_LEN], mac[MAC_LEN], hex[2 * PICKET_CAPTURE + 1];

	output_begin_object(out, NULL);
	output_string(out, "src", format_addr(&row->key.src, src));
	output_string(out, "dst", format_addr(&row->key.dst, dst));
	output_string(out, "key_mac", format_mac(row->key.mac, key_mac));
	output_number(out, "port", row->key.port);
	output_number(out, "protocol", row->key.protocol);
	output_number(out, "icmp_type", row->key.icmp_type);
	output_number(out, "flags", row->key.flags);
	output_number(out, "vlan", row->key.vlan);
	output_number(out, "packets", row->packets);
	output_number(out, "opened", row->opened);
	output_number(out, "first", row->first);
	output_number(out, "last", row->last);
	output_string(out, "interface", row->interface);
	output_string(out, "mac", format_mac(row->mac, mac));
	output_number(out, "bytes", row->bytes);
	output_string(out, "frame", frame_hex(row, hex));
	output_end_object(out);
}

static int print_owner(const struct audit_owner *owner, void *context)
{
	struct output *out = context;

	output_begin_object(out, NULL);
	output_string(out, "device", owner->device);
	output_string(out, "segment", owner->segment);
	output_string(out, "reason", reason_name(owner->reason));
	output_number(out, "gone", owner->gone);
	output_number(out, "gone_packets", owner->gone_packets);
	output_begin_list(out, "rows");
	for (uint32_t i = 0; i < owner->n; i++)
		print_row(out, &owner->rows[i]);
	output_end_list(out);
	output_end_object(out);
	return 0;
}

void auditbook_print(struct auditbook *book, struct output *out)
{
	struct auditbook_sum sum = auditbook_sum(book);

	output_begin_object(out, NULL);
	output_number(out, "format", FORMAT);
	output_number(out, "since", sum.since);
	output_number(out, "lost", sum.lost);
	output_number(out, "left_out", sum.left_out);
	output_begin_list(out, "owners");
	auditbook_walk(book, print_owner, out);
	output_end_list(out);
	output_end_object(out);
}

/* ---- reading ---- */

/* None is written that is below zero, and one that is read could not be written again. */
static uint64_t number_of(const json_t *json, const char *key)
{
	json_int_t number = json_integer_value(json_object_get(json, key));

	return number > 0 ? number : 0;
}

static const char *text_of(const json_t *json, const char *key)
{
	const char *text = json_string_value(json_object_get(json, key));

	return text ? text : "";
}

/* False: it is no row. */
static bool parse_row(const json_t *json, uint8_t reason, struct audit_row *row)
{
	*row = (struct audit_row){
		.key = {
			.port = number_of(json, "port"), .protocol = number_of(json, "protocol"),
			.icmp_type = number_of(json, "icmp_type"), .reason = reason,
			.flags = number_of(json, "flags"), .vlan = number_of(json, "vlan"),
		},
		.packets = number_of(json, "packets"), .opened = number_of(json, "opened"),
		.first = number_of(json, "first"), .last = number_of(json, "last"),
		.bytes = number_of(json, "bytes"),
	};
	snprintf(row->interface, sizeof(row->interface), "%s", text_of(json, "interface"));
	row->captured = parse_hex(text_of(json, "frame"), row->frame, sizeof(row->frame));
	return !parse_addr(text_of(json, "src"), &row->key.src) && !parse_addr(text_of(json, "dst"), &row->key.dst) &&
	       !parse_mac(text_of(json, "key_mac"), row->key.mac) && !parse_mac(text_of(json, "mac"), row->mac) &&
	       row->packets;
}

static int parse_owner(const json_t *json, struct auditbook *book)
{
	const char *device = text_of(json, "device"), *segment = text_of(json, "segment");
	uint8_t reason = reason_number(text_of(json, "reason"));
	struct audit_owner *owner;
	struct audit_row row, *place;
	const json_t *item;
	size_t i;

	if (!reason || strlen(device) >= AUDITBOOK_NAME || strlen(segment) >= AUDITBOOK_NAME)
		return -EINVAL;
	owner = auditbook_owner(book, *device ? device : NULL, segment, reason);
	if (!owner)
		return -ENOMEM;
	json_array_foreach(json_object_get(json, "rows"), i, item) {
		if (!parse_row(item, reason, &row))
			return -EINVAL;
		place = auditbook_row(book, owner, &row.key);
		if (!place)
			return -ENOMEM;
		*place = row;
	}
	owner->gone = number_of(json, "gone");
	owner->gone_packets = number_of(json, "gone_packets");
	return 0;
}

int auditbook_parse(const json_t *json, struct auditbook **out)
{
	struct auditbook *book;
	const json_t *item;
	size_t i;
	int err;

	if (number_of(json, "format") != FORMAT || !json_is_array(json_object_get(json, "owners")))
		return -EINVAL;
	err = auditbook_new(number_of(json, "since"), &book);
	if (err)
		return err;
	book->sum.lost = number_of(json, "lost");
	book->sum.left_out = number_of(json, "left_out");
	json_array_foreach(json_object_get(json, "owners"), i, item) {
		if (!err)
			err = parse_owner(item, book);
	}
	if (err) {
		auditbook_free(book);
		return err;
	}
	*out = book;
	return 0;
}

/* ---- the file ---- */

static int write_file(struct auditbook *book, FILE *file)
{
	struct output *out = output_new(file, true);
	int err = -ENOMEM;

	if (out) {
		auditbook_print(book, out);
		err = output_close(out);
	}
	if (!err && (fflush(file) || fsync(fileno(file))))
		err = -errno;
	return err;
}

int auditbook_save(struct auditbook *book)
{
	_cleanup_close_ int dir = history_dir();
	int fd, err;
	FILE *file;

	if (dir < 0)
		return dir;
	fd = openat(dir, TEMPORARY, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	file = fd < 0 ? NULL : fdopen(fd, "w");
	if (!file) {
		err = -errno;
		close_fd(&fd);
		return err;
	}
	err = write_file(book, file);
	if (fclose(file) && !err)
		err = -errno;
	if (!err && renameat(dir, TEMPORARY, dir, FILE_NAME))
		err = -errno;
	if (err)
		unlinkat(dir, TEMPORARY, 0);
	return err;
}

int auditbook_load(struct auditbook **out)
{
	_cleanup_close_ int dir = history_dir();
	_cleanup_close_ int fd = dir < 0 ? -1 : openat(dir, FILE_NAME, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	json_t *json;
	int err;

	if (fd < 0)
		return dir < 0 ? dir : -errno;
	json = json_loadfd(fd, JSON_REJECT_DUPLICATES, NULL);
	err = json ? auditbook_parse(json, out) : -EINVAL;
	json_decref(json);
	return err;
}
