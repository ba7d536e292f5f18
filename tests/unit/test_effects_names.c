// SPDX-License-Identifier: GPL-2.0-only
/*
 * What effects say of many ends at once is true of each of them, and of no others; and nothing is
 * said to be gained and lost by the same name.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "effects_cover.h"
#include "effects_scene.h"
#include "output.h"

#define SCENES 300
#define SENTENCE_SCENES 1500

/* Whether a label means a class, as far as it is anybody in that policy. */
static bool means(const struct names *names, const struct label *label, uint32_t index, int policy)
{
	const struct end_class *class = &names->e->classes[TO].all[index];
	bool gateway = class->end[BEFORE].kind == END_GATEWAY || class->end[AFTER].kind == END_GATEWAY;
	uint32_t home = class_home(names, class);

	if (class->end[policy].kind == END_NOBODY || (label->version && label->version != class->version))
		return false;
	switch (label->kind) {
	case LABEL_ANY:
		return true;
	case LABEL_GATEWAY:
		return gateway;
	case LABEL_GROUPS:
		return !gateway && home == INDEX_NONE;
	case LABEL_SEGMENT:
		return home == label->index;
	case LABEL_HOSTS:
		return home == label->index && class->who == INDEX_NONE;
	case LABEL_DEVICES:
		return home == label->index && class->who != INDEX_NONE;
	case LABEL_WHO:
		return class->who == label->index;
	case LABEL_CLASS:
		return index == label->index;
	}
	return false;
}

static bool holds(const struct effects *e, const uint32_t sets[VERSIONS], uint32_t index)
{
	for (int v = 0; v < VERSIONS; v++) {
		size_t n = sets[v] == UINT32_MAX ? 0 : list_length(&e->sets, sets[v]);

		for (size_t i = 0; i < n; i += 2)
			if (index >= list_numbers(&e->sets, sets[v])[i] &&
			    index <= list_numbers(&e->sets, sets[v])[i + 1])
				return true;
	}
	return false;
}

static void check_cover(struct cover *cover, const uint32_t sets[VERSIONS], uint32_t versions, int policy)
{
	const struct effects *e = cover->names->e;

	assert_int_equal(cover_set(cover, sets, versions, policy), 0);
	for (size_t i = 0; i < e->classes[TO].n; i++) {
		size_t meant = 0;
		const struct end_class *class = &e->classes[TO].all[i];

		if (class->edge || !(versions & 1U << (class->version == 4 ? IPV4 : IPV6)))
			continue;
		for (size_t k = 0; k < cover->n; k++)
			meant += means(cover->names, &cover->labels[k], i, policy);
		assert_int_equal(meant, holds(e, sets, i));
	}
}

static void check_vectors(struct cover *cover, const struct effects *e)
{
	for (size_t i = 0; i < e->classes[FROM].n; i++) {
		const uint32_t *vector = list_numbers(&e->vectors, e->vector[i]);
		enum version_index v = e->classes[FROM].all[i].version == 4 ? IPV4 : IPV6;

		for (size_t k = 0; k < list_length(&e->vectors, e->vector[i]); k += 2) {
			uint32_t sets[VERSIONS] = { UINT32_MAX, UINT32_MAX };
			int policy = vector[k] & EFFECT_SIGN_LOST ? BEFORE : AFTER;

			sets[v] = vector[k + 1];
			check_cover(cover, sets, 1U << v, policy);
			check_cover(cover, sets, 3, policy);
		}
	}
}

static void test_cover(void **state)
{
	size_t scenes = 0;

	for (uint64_t i = 0; i < SCENES; i++) {
		uint64_t seed = first_seed() + i * 31337;
		struct scene s __attribute__((cleanup(scene_free))) = {};
		struct names names;
		struct cover cover;

		if (!random_scene(&s, &seed))
			continue;
		scenes++;
		assert_int_equal(names_init(s.effects, &names), 0);
		assert_int_equal(cover_init(&names, &cover), 0);
		check_vectors(&cover, s.effects);
		cover_free(&cover);
		names_free(&names);
	}
	assert_true(scenes > SCENES / 3);
}

/* ---- sentences ---- */

static json_t *printed(struct effects *effects)
{
	char *text = NULL;
	size_t len;
	FILE *stream = open_memstream(&text, &len);
	struct output *out = output_new(stream, true);
	json_t *json;

	output_begin_object(out, NULL);
	assert_int_equal(effects_print(effects, out), 0);
	output_end_object(out);
	assert_int_equal(output_close(out), 0);
	fclose(stream);
	json = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(json);
	free(text);
	return json;
}

static void fail_both(const char *key, char *const texts[POLICIES])
{
	fprintf(stderr, "%s is both\n==== before\n%s==== after\n%s====\n", key, texts[BEFORE],
		texts[AFTER]);
	fail();
}

/* Adds "FROM|TO|SERVICE" with its sign; it may not be there with the other one. */
static void add_triples(json_t *seen, json_t *line, const struct scene *s)
{
	const char *sign = json_string_value(json_object_get(line, "change"));
	json_t *from, *to, *service;
	size_t i, k, n;

	assert_true(json_array_size(json_object_get(line, "from")) > 0);
	assert_true(json_array_size(json_object_get(line, "to")) > 0);
	assert_true(json_array_size(json_object_get(line, "services")) > 0);
	json_array_foreach(json_object_get(line, "from"), i, from) {
		json_array_foreach(json_object_get(line, "to"), k, to) {
			json_array_foreach(json_object_get(line, "services"), n, service) {
				char key[1024];
				const char *other;

				snprintf(key, sizeof(key), "%s|%s|%s",
					 json_string_value(json_object_get(from, "name")),
					 json_string_value(json_object_get(to, "name")),
					 json_string_value(service));
				other = json_string_value(json_object_get(seen, key));
				if (other && strcmp(other, sign))
					fail_both(key, s->texts);
				json_object_set_new(seen, key, json_string(sign));
			}
		}
	}
}

static void test_sentences(void **state)
{
	size_t lines = 0;

	for (uint64_t i = 0; i < SENTENCE_SCENES; i++) {
		uint64_t seed = first_seed() + i * 65537;
		struct scene s __attribute__((cleanup(scene_free))) = {};
		json_t *json, *seen, *line;
		size_t at;

		if (!random_scene(&s, &seed))
			continue;
		json = printed(s.effects);
		seen = json_object();
		json_array_foreach(json_object_get(json, "effects"), at, line) {
			add_triples(seen, line, &s);
			lines++;
		}
		/* Where only the edges of subnets moved, nothing is said. */
		if (effects_none(s.effects))
			assert_int_equal(json_array_size(json_object_get(json, "effects")), 0);
		json_decref(seen);
		json_decref(json);
	}
	assert_true(lines > 5000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cover),
		cmocka_unit_test(test_sentences),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
