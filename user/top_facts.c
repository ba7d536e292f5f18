// SPDX-License-Identifier: GPL-2.0-only
#include "top_facts.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "live.h"
#include "names.h"

/* Whoever is second to leave READING frees the job. */
enum { READING, READ, FORGOTTEN };

struct facts_job {
	atomic_int state;
	char device[64];
	struct facts facts; /* the thread's until it is READ */
};

/* ---- the thread ---- */

static void note_addresses(struct facts *facts, const struct device *device)
{
	size_t used = 0;
	char addr[ADDR_LEN];

	for (size_t i = 0; i < device->naddrs && used < sizeof(facts->addresses); i++)
		used += snprintf(facts->addresses + used, sizeof(facts->addresses) - used, "%s%s",
				 i ? "  " : "", format_addr(&device->addrs[i], addr));
}

static void note_assigned(struct facts *facts, const struct policy *policy, const char *space)
{
	for (size_t i = 0; i < policy->nassignments && facts->nassigned < FACTS_ASSIGNED; i++) {
		const struct assignment *assignment = &policy->assignments[i];
		struct assigned *assigned = &facts->assigned[facts->nassigned];

		if (!space || !space_within(space, assignment->space))
			continue;
		snprintf(assigned->role, sizeof(assigned->role), "%s", policy->roles[assignment->role].name);
		assigned->from = assignment->valid_from;
		assigned->until = assignment->valid_until;
		facts->nassigned++;
	}
}

static void note_device(struct facts *facts, const struct policy *policy, uint32_t index)
{
	const struct device *device;

	if (index >= policy->ndevices)
		return;
	device = &policy->devices[index];
	snprintf(facts->space, sizeof(facts->space), "%s", device->space ? device->space : "");
	note_addresses(facts, device);
	note_assigned(facts, policy, device->space);
}

static void read_facts(struct facts_job *job)
{
	const struct policy *policy;
	struct live *live;

	if (live_open_parts(0, &live))
		return;
	if (!live_policy(live, &policy))
		note_device(&job->facts, policy, live_device_index(live, live_find_device(live, job->device)));
	live_close(live);
}

/* One at a time: a policy that is being parsed may take hundreds of megabytes. */
static void *run(void *context)
{
	static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
	struct facts_job *job = context;

	pthread_mutex_lock(&turn);
	if (job->state == READING)
		read_facts(job);
	pthread_mutex_unlock(&turn);
	if (atomic_exchange(&job->state, READ) == FORGOTTEN)
		free(job);
	return NULL;
}

/* ---- the screen's side ---- */

struct facts_job *facts_ask(const char *device)
{
	struct facts_job *job = calloc(1, sizeof(*job));
	pthread_attr_t attributes;
	sigset_t all, before;
	pthread_t thread;
	int err;

	if (!job)
		return NULL;
	strncat(job->device, device, sizeof(job->device) - 1);
	pthread_attr_init(&attributes);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(&thread, &attributes, run, job);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attributes);
	if (err) {
		free(job);
		return NULL;
	}
	return job;
}

bool facts_answer(struct facts_job **job, struct facts *out)
{
	if (!*job || atomic_load(&(*job)->state) != READ)
		return false;
	*out = (*job)->facts;
	free(*job);
	*job = NULL;
	return true;
}

void facts_forget(struct facts_job **job)
{
	if (*job && atomic_exchange(&(*job)->state, FORGOTTEN) == READ)
		free(*job);
	*job = NULL;
}
