/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * YAML as a policy uses it: one document of mappings, sequences and scalars, each with its
 * place. Anchors, aliases, tags, merge keys and duplicate keys are errors.
 */
#ifndef PICKET_YAML_TREE_H
#define PICKET_YAML_TREE_H

#include "arena.h"
#include "diag.h"

#define YAML_DEEPEST 32
#define YAML_NODES (16U << 20)

enum node_kind {
	NODE_BAD, /* reported already: to be passed over in silence */
	NODE_SCALAR,
	NODE_SEQUENCE,
	NODE_MAPPING,
};

struct node {
	union {
		const char *text; /* NUL-terminated, n bytes */
		const struct node *items; /* n; of a mapping: n keys (scalars), each before its value */
	};
	uint32_t n;
	uint32_t line, col; /* from 1; col counts bytes */
	uint8_t kind; /* enum node_kind */
	bool plain; /* a scalar without quotes */
};

/*
 * Reads a whole source into *root. 0; -EINVAL when it is no YAML at all and *root is untouched;
 * -ENOMEM. With 0, diag may hold errors all the same: what they are about is left out or
 * NODE_BAD, so that the rest can be judged too. An empty source gives an empty mapping.
 */
int yaml_read(const struct source_file *source, uint32_t file, struct arena *arena,
	      struct diag *diag, const struct node **root);

#endif
