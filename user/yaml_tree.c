// SPDX-License-Identifier: GPL-2.0-only
#include "yaml_tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "source.h"
#include "table.h"

#define FEW_KEYS 8 /* compared with one another rather than hashed */

struct frame {
	size_t first; /* of its children among the open nodes */
	struct node node;
};

struct reader {
	yaml_parser_t parser;
	const struct source_file *source;
	uint32_t file;
	struct arena *arena;
	struct diag *diag;
	struct node *open; /* children of unfinished collections */
	size_t nopen, room, total;
	struct frame frames[YAML_DEEPEST];
	unsigned int depth;
	/* Marks count characters, places bytes: where the last mark was. */
	size_t line, column, offset, line_start;
};

static struct loc node_place(const struct reader *reader, const struct node *node)
{
	return (struct loc){ reader->file, node->line, node->col };
}

/* Marks never go back by much; one that does gets the place of the last. */
static void reader_move(struct reader *reader, const yaml_mark_t *mark)
{
	const struct source_file *source = reader->source;
	const char *newline;
	uint32_t code;
	size_t n;

	while (reader->line < mark->line) {
		newline = memchr(source->text + reader->offset, '\n', source->len - reader->offset);
		if (!newline)
			return;
		reader->offset = reader->line_start = newline + 1 - source->text;
		reader->line++;
		reader->column = 0;
	}
	while (reader->line == mark->line && reader->column < mark->column) {
		n = utf8_length(source->text + reader->offset, source->len - reader->offset, &code);
		if (!n)
			return;
		reader->offset += n;
		reader->column++;
	}
}

static void reader_locate(struct reader *reader, const yaml_mark_t *mark, struct node *node)
{
	reader_move(reader, mark);
	node->line = reader->line + 1;
	node->col = reader->offset - reader->line_start + 1;
}

static void reader_complain(struct reader *reader, const struct node *node, const char *message)
{
	diag_error(reader->diag, node_place(reader, node), "%s", message);
}

static int reader_push(struct reader *reader, const struct node *node)
{
	if (++reader->total > YAML_NODES) {
		reader_complain(reader, node, "the file has too many values: move devices to a CSV "
					      "file and name it in device-files");
		return -EINVAL;
	}
	if (reader->nopen == reader->room) {
		size_t room = reader->room ? reader->room * 2 : 256;
		struct node *larger = realloc(reader->open, room * sizeof(*larger));

		if (!larger)
			return -ENOMEM;
		reader->open = larger;
		reader->room = room;
	}
	reader->open[reader->nopen++] = *node;
	return 0;
}

static void refuse_tag(struct reader *reader, const struct node *node, const yaml_char_t *anchor,
		       const yaml_char_t *tag)
{
	if (anchor)
		reader_complain(reader, node, "anchors are not supported: write the value out");
	if (tag)
		reader_complain(reader, node, "tags are not supported: remove it");
}

static int read_scalar(struct reader *reader, const yaml_event_t *event, struct node *node)
{
	const char *text = (const char *)event->data.scalar.value;
	size_t len = event->data.scalar.length;

	refuse_tag(reader, node, event->data.scalar.anchor, event->data.scalar.tag);
	node->kind = NODE_SCALAR;
	node->plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	node->n = len;
	if (memchr(text, 0, len)) {
		reader_complain(reader, node, "a NUL character has no place in a value: remove it");
		node->kind = NODE_BAD;
		node->n = 0;
		len = 0;
	}
	node->text = arena_string(reader->arena, text, len);
	return node->text ? reader_push(reader, node) : -ENOMEM;
}

static int read_begin(struct reader *reader, struct node *node, enum node_kind kind)
{
	if (reader->depth == YAML_DEEPEST) {
		reader_complain(reader, node, "values are nested too deeply: nothing in a policy is");
		return -EINVAL;
	}
	node->kind = kind;
	reader->frames[reader->depth++] = (struct frame){ reader->nopen, *node };
	return 0;
}

static bool key_same(const void *owner, uint32_t index, const void *key)
{
	const struct node *keys = owner, *a = &keys[2 * index], *b = key;

	return a->n == b->n && !memcmp(a->text, b->text, a->n);
}

/* The pair that already has this key, or UINT32_MAX. */
static int key_add(struct table *table, const struct node *items, uint32_t pair, uint32_t *found)
{
	const struct node *key = &items[2 * pair];
	uint32_t i;

	if (table)
		return table_add(table, hash_bytes(key->text, key->n), key, pair, found);
	for (i = 0; i < pair; i++)
		if (key_same(items, i, key))
			break;
	*found = i < pair ? i : UINT32_MAX;
	return 0;
}

static bool key_usable(struct reader *reader, const struct node *key)
{
	if (key->kind == NODE_SCALAR && !(key->plain && !strcmp(key->text, "<<")))
		return true;
	if (key->kind == NODE_SCALAR)
		reader_complain(reader, key, "merge keys are not supported: write the keys out");
	else if (key->kind != NODE_BAD)
		reader_complain(reader, key, "a key must be a word, not a list or a mapping");
	return false;
}

/* Drops pairs whose key is unusable or there before; *n pairs remain. */
static int mapping_clean(struct reader *reader, struct node *items, uint32_t *n)
{
	struct table table = { .same = key_same, .owner = items };
	uint32_t pairs = *n, kept = 0, i, found = UINT32_MAX;
	int err = 0;

	for (i = 0; i < pairs && !err; i++) {
		if (!key_usable(reader, &items[2 * i]))
			continue;
		items[2 * kept] = items[2 * i];
		items[2 * kept + 1] = items[2 * i + 1];
		err = key_add(pairs > FEW_KEYS ? &table : NULL, items, kept, &found);
		if (err || found == UINT32_MAX) {
			kept++;
			continue;
		}
		diag_error(reader->diag, node_place(reader, &items[2 * kept]),
			 "the key \"%.64s\" is here twice: keep one", items[2 * kept].text);
		diag_other(reader->diag, node_place(reader, &items[2 * found]), "first here");
	}
	table_free(&table);
	*n = kept;
	return err;
}

static int read_end(struct reader *reader)
{
	struct frame *frame = &reader->frames[--reader->depth];
	size_t n = reader->nopen - frame->first;
	struct node *items = arena_array(reader->arena, n, sizeof(*items));
	int err = 0;

	if (!items)
		return -ENOMEM;
	if (n)
		memcpy(items, reader->open + frame->first, n * sizeof(*items));
	reader->nopen = frame->first;
	frame->node.items = items;
	frame->node.n = n;
	if (frame->node.kind == NODE_MAPPING) {
		frame->node.n = n / 2;
		err = mapping_clean(reader, items, &frame->node.n);
	}
	return err ? err : reader_push(reader, &frame->node);
}

/* 0: go on; 1: the end. */
static int read_event(struct reader *reader, const yaml_event_t *event)
{
	struct node node = { .text = "", .kind = NODE_BAD };

	reader_locate(reader, &event->start_mark, &node);
	switch (event->type) {
	case YAML_STREAM_END_EVENT:
		return 1;
	case YAML_DOCUMENT_START_EVENT:
		if (!reader->total)
			return 0;
		reader_complain(reader, &node, "a second document: a policy is one");
		return -EINVAL;
	case YAML_ALIAS_EVENT:
		reader_complain(reader, &node, "aliases are not supported: write the value out");
		return reader_push(reader, &node);
	case YAML_SCALAR_EVENT:
		return read_scalar(reader, event, &node);
	case YAML_SEQUENCE_START_EVENT:
		refuse_tag(reader, &node, event->data.sequence_start.anchor,
			   event->data.sequence_start.tag);
		return read_begin(reader, &node, NODE_SEQUENCE);
	case YAML_MAPPING_START_EVENT:
		refuse_tag(reader, &node, event->data.mapping_start.anchor,
			   event->data.mapping_start.tag);
		return read_begin(reader, &node, NODE_MAPPING);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		return read_end(reader);
	default:
		return 0;
	}
}

static int parser_failed(struct reader *reader)
{
	const yaml_parser_t *parser = &reader->parser;
	struct node node = { 0 };

	if (parser->error == YAML_MEMORY_ERROR)
		return -ENOMEM;
	reader_locate(reader, &parser->problem_mark, &node);
	diag_error(reader->diag, node_place(reader, &node), "this is not YAML: %s%s%s",
		 parser->problem ? parser->problem : "it cannot be read",
		 parser->context ? " " : "", parser->context ? parser->context : "");
	return -EINVAL;
}

static int read_events(struct reader *reader)
{
	yaml_event_t event;
	int err;

	do {
		if (!yaml_parser_parse(&reader->parser, &event))
			return parser_failed(reader);
		err = read_event(reader, &event);
		yaml_event_delete(&event);
	} while (!err);
	return err < 0 ? err : 0;
}

static int root_take(struct reader *reader, const struct node **root)
{
	struct node *copy = arena_array(reader->arena, 1, sizeof(*copy));

	if (!copy)
		return -ENOMEM;
	*copy = (struct node){ .kind = NODE_MAPPING, .line = 1, .col = 1 };
	if (reader->nopen)
		*copy = reader->open[0];
	*root = copy;
	return 0;
}

int yaml_read(const struct source_file *source, uint32_t file, struct arena *arena,
	      struct diag *diag, const struct node **root)
{
	struct reader *reader = calloc(1, sizeof(*reader));
	struct loc loc = { .file = file };
	const char *complaint;
	int err;

	if (!reader)
		return -ENOMEM;
	*reader = (struct reader){ .source = source, .file = file, .arena = arena, .diag = diag };
	complaint = source_check(source, &loc.line, &loc.col);
	if (complaint) {
		diag_error(diag, loc, "%s", complaint);
		err = -EINVAL;
	} else if (!yaml_parser_initialize(&reader->parser)) {
		err = -ENOMEM;
	} else {
		yaml_parser_set_encoding(&reader->parser, YAML_UTF8_ENCODING);
		yaml_parser_set_input_string(&reader->parser, (const unsigned char *)source->text,
					     source->len);
		err = read_events(reader);
		if (!err)
			err = root_take(reader, root);
		yaml_parser_delete(&reader->parser);
	}
	free(reader->open);
	free(reader);
	return err;
}
