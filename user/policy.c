// SPDX-License-Identifier: GPL-2.0-only
#include "policy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "packing.h"
#include "parse.h"
#include "source.h"
#include "writers.h"

/* What policy.arena points to. */
struct policy_memory {
	struct policy policy;
	struct arena arena;
	struct namespace names;
};

/* Where files come from: the file system, or memory. */
struct loader {
	const char *path; /* of the policy file */
	const char *directory; /* that it lies in, with its slash; "" when there is none */
	const struct source_file *sources;
	size_t nsources;
	struct parse *parse;
	bool pack; /* the sources, once all are read */
	struct packing *packing;
	int err; /* a file that could not be read */
};

static struct policy_memory *policy_memory(const struct policy *policy)
{
	return policy->arena;
}

void policy_free(struct policy *policy)
{
	struct policy_memory *memory;
	size_t i;

	if (!policy)
		return;
	memory = policy_memory(policy);
	for (i = 0; i < policy->nfiles; i++)
		source_put(&policy->files[i]);
	namespace_free(&memory->names);
	arena_free(&memory->arena);
	free(memory);
}

static struct policy *policy_new(void)
{
	struct policy_memory *memory = calloc(1, sizeof(*memory));

	if (!memory)
		return NULL;
	memory->policy.arena = memory;
	namespace_init(&memory->names, &memory->policy);
	return &memory->policy;
}

static uint32_t policy_find(const struct policy *policy, const char *text, enum name_kind kind)
{
	struct name name;

	if (!namespace_find(&policy_memory(policy)->names, text, strlen(text), &name) ||
	    name.kind != kind)
		return INDEX_NONE;
	return name.index;
}

uint32_t policy_find_device(const struct policy *policy, const char *name)
{
	return policy_find(policy, name, NAME_DEVICE);
}

uint32_t policy_find_segment(const struct policy *policy, const char *name)
{
	return policy_find(policy, name, NAME_SEGMENT);
}

bool space_within(const char *space, const char *place)
{
	size_t len = strlen(place);

	return !strncmp(space, place, len) && (!space[len] || space[len] == '/');
}

/* Whoever may write the policy says what is allowed. */
static void warn_of_writers(const struct loader *loader, const char *path, const char *name, struct loc loc)
{
	char culprit[PATH_MAX];

	if (writers_of(path, culprit))
		diag_warning(loader->parse->diag, loc, "others than its owner can change %s: 'chmod go-w %s'", name, culprit);
}

static int source_load(const struct loader *loader, const char *name, struct loc loc, struct source_file *out)
{
	char *path;
	size_t i;
	int err;

	for (i = 0; i < loader->nsources; i++)
		if (!strcmp(loader->sources[i].name, name))
			return source_copy(&loader->sources[i], out);
	if (loader->sources)
		return -ENOENT;
	if (name == loader->path) {
		err = source_read(name, name, out);
		if (!err)
			warn_of_writers(loader, name, name, loc);
		return err;
	}
	if (asprintf(&path, "%s%s", name[0] == '/' ? "" : loader->directory, name) < 0)
		return -ENOMEM;
	err = source_read(path, name, out);
	if (!err)
		warn_of_writers(loader, path, name, loc);
	free(path);
	return err;
}

static int file_add(struct loader *loader, const char *name, struct loc loc)
{
	struct policy *policy = loader->parse->policy;
	int err = source_load(loader, name, loc, &policy->files[policy->nfiles]);

	if (!err)
		policy->nfiles++;
	else
		diag_error(loader->parse->diag, loc, "cannot read %s: %s", name, strerror(-err));
	return err;
}

/* Device files are read before any device, so that there is room for all. */
static int load_device_files(struct loader *loader, const struct section *section)
{
	struct parse *parse = loader->parse;
	struct policy *policy = parse->policy;
	const struct node *list = section->value;
	struct source_file *files;
	struct text name;
	uint32_t i;
	int err;

	if (!list || !parse_list(parse, section->key, list))
		return 0;
	files = parse_array(parse, list->n + 1, sizeof(*files));
	if (!files)
		return -ENOMEM;
	files[0] = policy->files[0];
	policy->files = files;
	for (i = 0; i < list->n; i++) {
		if (!parse_scalar(parse, section->key, &list->items[i], &name))
			continue;
		err = file_add(loader, parse_string(parse, &name), name.loc);
		if (err && !loader->err)
			loader->err = err;
	}
	return 0;
}

static int read_policy(struct loader *loader, struct arena *tree)
{
	struct section sections[SECTIONS] = { 0 };
	struct parse *parse = loader->parse;
	const struct node *root;
	int err;

	err = yaml_read(&parse->policy->files[0], 0, tree, parse->diag, &root);
	if (err)
		return err;
	parse_sections(parse, root, sections);
	err = load_device_files(loader, &sections[SECTION_DEVICE_FILES]);
	if (!err && loader->pack && !loader->err)
		err = packing_start(parse->policy, &loader->packing);
	if (err)
		return err;
	parse_policy(parse, sections);
	return parse->out_of_memory ? -ENOMEM : check_policy(parse);
}

/* "site" from "/etc/picket/site.yaml" */
static const char *policy_name(struct parse *parse, const char *path)
{
	const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path, *dot;
	struct text text = { base, strlen(base), { 0 } };

	dot = strrchr(base, '.');
	if (dot && dot > base)
		text.len = dot - base;
	return parse_string(parse, &text);
}

static int load(struct loader *loader, const char *path, struct parse *parse)
{
	struct arena tree = { 0 };
	struct loc nowhere = { 0 };
	int err;

	parse->policy->name = policy_name(parse, path);
	parse->policy->files = parse_array(parse, 1, sizeof(*parse->policy->files));
	if (parse->out_of_memory)
		return -ENOMEM;
	err = file_add(loader, path, nowhere);
	if (err)
		return err;
	err = read_policy(loader, &tree);
	arena_free(&tree);
	if (err == -ENOMEM)
		return err;
	if (loader->err)
		return loader->err;
	return parse->diag->nerrors ? -EINVAL : 0;
}

static void parse_release(struct parse *parse)
{
	table_free(&parse->spaces);
	table_free(&parse->ports);
	free(parse->space_names);
	free(parse->places);
}

static int policy_read(struct loader *loader, const char *path, struct diag *diag,
		       struct policy **out)
{
	struct policy *policy = policy_new();
	struct parse parse = { .diag = diag, .policy = policy };
	struct loc nowhere = { 0 };
	int err;

	if (!policy)
		return -ENOMEM;
	parse.arena = &policy_memory(policy)->arena;
	parse.names = &policy_memory(policy)->names;
	loader->parse = &parse;
	err = load(loader, path, &parse);
	loader->parse = NULL;
	parse_release(&parse);
	if (err == -ENOMEM)
		diag_error(diag, nowhere, "out of memory");
	if (diag_share_files(diag, policy->files, policy->nfiles))
		err = -ENOMEM;
	diag_sort(diag);
	if (!err) {
		*out = policy;
		return 0;
	}
	packing_finish(loader->packing);
	policy_free(policy);
	return err;
}

static int load_file(struct loader *loader, const char *path, struct diag *diag, struct policy **out)
{
	const char *slash = strrchr(path, '/');
	char *directory = strndup(path, slash ? slash + 1 - path : 0);
	int err;

	if (!directory)
		return -ENOMEM;
	loader->directory = directory;
	loader->path = path;
	err = policy_read(loader, path, diag, out);
	free(directory);
	return err;
}

int policy_load(const char *path, struct diag *diag, struct policy **out)
{
	struct loader loader = { .pack = false };

	return load_file(&loader, path, diag, out);
}

int policy_load_packing(const char *path, struct diag *diag, struct policy **out,
			struct packing **packing)
{
	struct loader loader = { .pack = true };
	int err = load_file(&loader, path, diag, out);

	if (!err)
		*packing = loader.packing;
	return err;
}

int policy_load_sources(const struct source_file *files, size_t nfiles, struct diag *diag,
			struct policy **out)
{
	return policy_load_sources_packing(files, nfiles, diag, out, NULL);
}

int policy_load_sources_packing(const struct source_file *files, size_t nfiles, struct diag *diag,
				struct policy **out, struct packing **packing)
{
	struct loader loader = {
		.directory = "", .sources = files, .nsources = nfiles, .pack = packing != NULL,
	};
	int err = nfiles ? policy_read(&loader, files[0].name, diag, out) : -EINVAL;

	if (!err && packing)
		*packing = loader.packing;
	return err;
}
