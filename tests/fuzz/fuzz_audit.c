// SPDX-License-Identifier: GPL-2.0-only
/*
 * The book of what passed as audit, as a file has it or the daemon answers with it. One that is read comes back from
 * what is made of it.
 */
#include <string.h>

#include "auditbook.h"
#include "fuzz.h"

static int count_rows(const struct audit_owner *owner, void *context)
{
	size_t *n = context;

	for (uint32_t i = 0; i < owner->n; i++) {
		require(owner->rows[i].captured <= PICKET_CAPTURE);
		require(strlen(owner->rows[i].interface) < IF_NAMESIZE);
	}
	*n += owner->n;
	return 0;
}

/* To be freed. */
static char *print(struct auditbook *book)
{
	char *text = NULL;
	size_t len;
	FILE *to = open_memstream(&text, &len);
	struct output *out = to ? output_new(to, true) : NULL;

	require(out);
	auditbook_print(book, out);
	require(!output_close(out) && !fclose(to));
	return text;
}

static void come_back(struct auditbook *book)
{
	char *text = print(book);
	json_t *json = json_loads(text, 0, NULL);
	struct auditbook *again;
	size_t n = 0, more = 0;

	require(json && !auditbook_parse(json, &again));
	auditbook_walk(book, count_rows, &n);
	auditbook_walk(again, count_rows, &more);
	require(n == more);
	auditbook_free(again);
	json_decref(json);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_t *json = json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES, NULL);
	struct auditbook *book;

	if (json && !auditbook_parse(json, &book)) {
		come_back(book);
		auditbook_free(book);
	}
	json_decref(json);
	return 0;
}
