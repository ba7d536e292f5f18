/* SPDX-License-Identifier: GPL-2.0-only */
/* A map in one line. */
#ifndef PICKET_BPF_MAP_H
#define PICKET_BPF_MAP_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define MAP(name_, type_, flags_, entries_, key_, value_)  \
	struct {                                           \
		__uint(type, BPF_MAP_TYPE_##type_);        \
		__uint(map_flags, flags_);                 \
		__uint(max_entries, entries_);             \
		__type(key, key_);                         \
		__type(value, value_);                     \
	} name_ SEC(".maps")

#endif
