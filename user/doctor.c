// SPDX-License-Identifier: GPL-2.0-only
#include "doctor.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/timex.h>
#include <sys/utsname.h>

#include <bpf/libbpf.h>

#include "pins.h"
#include "system.h"

#define SENTENCE 256
#define DEVICE_BYTES 600 /* while a policy is applied; README's table */
#define BUCKET_BYTES 576ULL
#define FLOW_BUCKETS_MOST (1U << 20)

void doctor_add(struct doctor *doctor, enum finding finding, const char *about, const char *mend,
		const char *format, ...)
{
	static const char *const words[] = { "ok", "warning", "bad" };
	char sentence[SENTENCE];
	va_list args;

	va_start(args, format);
	vsnprintf(sentence, sizeof(sentence), format, args);
	va_end(args);
	doctor->bad += finding == FINDING_BAD;
	output_begin_object(doctor->out, NULL);
	output_string(doctor->out, "about", about);
	output_string(doctor->out, "finding", words[finding]);
	output_string(doctor->out, "says", sentence);
	output_string(doctor->out, "mend", mend);
	output_end_object(doctor->out);
}

/* The first number of a file, or -1. */
static long read_number(const char *path)
{
	FILE *file = fopen(path, "re");
	long number = -1;

	if (!file)
		return -1;
	if (fscanf(file, "%ld", &number) != 1)
		number = -1;
	fclose(file);
	return number;
}

static void look_at_kernel(struct doctor *doctor)
{
	struct utsname name;

	if (uname(&name))
		return;
	if (kernel_supported(name.release))
		doctor_add(doctor, FINDING_OK, "kernel", NULL, "Linux %s", name.release);
	else
		doctor_add(doctor, FINDING_BAD, "kernel", "run Linux 6.1 or newer", "Linux %s is too old", name.release);
	if (read_number("/proc/sys/net/core/bpf_jit_enable") == 0)
		doctor_add(doctor, FINDING_WARNING, "kernel", "sysctl -w net.core.bpf_jit_enable=1",
			   "BPF programs are interpreted, which is many times slower");
}

static void look_at_permissions(struct doctor *doctor)
{
	char missing[CAPABILITIES_LEN];

	system_capabilities_missing(missing);
	if (*missing)
		doctor_add(doctor, FINDING_BAD, "permissions", "run it as root", "this user lacks %s", missing);
	else
		doctor_add(doctor, FINDING_OK, "permissions", NULL, "programs can be loaded and attached");
	if (!*missing && libbpf_probe_bpf_prog_type(BPF_PROG_TYPE_XDP, NULL) == 0)
		doctor_add(doctor, FINDING_BAD, "kernel", "run a kernel with CONFIG_BPF_SYSCALL and CONFIG_NET, not in "
			   "lockdown", "it takes no XDP programs");
	if (!*missing && libbpf_probe_bpf_prog_type(BPF_PROG_TYPE_SCHED_CLS, NULL) == 0)
		doctor_add(doctor, FINDING_BAD, "kernel", "run a kernel with CONFIG_NET_CLS_ACT",
			   "it takes no programs on what leaves");
}

static void look_at_pins(struct doctor *doctor)
{
	if (!pins_possible())
		doctor_add(doctor, FINDING_OK, "bpffs", NULL, "%s is on a BPF file system", pins_dir());
	else
		doctor_add(doctor, FINDING_BAD, "bpffs", "mount -t bpf bpf /sys/fs/bpf",
			   "no BPF file system holds %s", pins_dir());
}

static bool timed(const struct policy *policy)
{
	for (size_t i = 0; policy && i < policy->ndevices; i++) {
		if (policy->devices[i].valid_until != INT64_MAX || policy->devices[i].valid_from != INT64_MIN)
			return true;
	}
	return policy && policy->nassignments;
}

static void look_at_clock(struct doctor *doctor)
{
	struct timex timex = {};
	bool synchronised = adjtimex(&timex) >= 0 && !(timex.status & STA_UNSYNC);

	if (synchronised)
		doctor_add(doctor, FINDING_OK, "clock", NULL, "it is kept in time");
	else
		doctor_add(doctor, FINDING_WARNING, "clock", "run chrony or systemd-timesyncd: timedatectl set-ntp true",
			   timed(doctor->policy) ?
				   "nobody keeps it in time, and this policy says when devices and roles are valid" :
				   "nobody keeps it in time: valid-until and timed quarantines go by it");
}

static uint64_t memory_wanted(const struct policy *policy)
{
	uint64_t buckets = 1024;

	while (buckets < 2 * policy->ndevices && buckets < FLOW_BUCKETS_MOST)
		buckets *= 2;
	return policy->ndevices * DEVICE_BYTES + buckets * BUCKET_BYTES + (16ULL << 20);
}

static void look_at_memory(struct doctor *doctor)
{
	long available = -1;
	uint64_t wanted;
	char line[128];
	FILE *file;

	if (!doctor->policy)
		return;
	wanted = memory_wanted(doctor->policy);
	file = fopen("/proc/meminfo", "re");
	while (file && fgets(line, sizeof(line), file) && sscanf(line, "MemAvailable: %ld kB", &available) != 1)
		;
	if (file)
		fclose(file);
	if (available >= 0 && wanted > (uint64_t)available * 1024)
		doctor_add(doctor, FINDING_BAD, "memory", "give it more memory, or list fewer devices",
			   "%zu devices take about %llu MB in the kernel, and %ld MB are available",
			   doctor->policy->ndevices, (unsigned long long)wanted >> 20, available >> 10);
	else
		doctor_add(doctor, FINDING_OK, "memory", NULL, "%zu devices take about %llu MB in the kernel",
			   doctor->policy->ndevices, (unsigned long long)wanted >> 20);
}

void doctor_host(struct doctor *doctor)
{
	look_at_kernel(doctor);
	look_at_permissions(doctor);
	look_at_pins(doctor);
	look_at_clock(doctor);
	look_at_memory(doctor);
}
