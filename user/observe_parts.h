/* SPDX-License-Identifier: GPL-2.0-only */
/* Between the files of the observer. */
#ifndef PICKET_OBSERVE_PARTS_H
#define PICKET_OBSERVE_PARTS_H

#include "observe.h"

/* One frame on its way through the observer. */
struct observed {
	struct observer *observer;
	const struct observed_frame *frame;
	struct station *station; /* its sender; NULL: no room */
	struct station_key key; /* of its sender */
	struct packet p;
};

void sighting_add(struct sighting *sighting, int64_t time);

/* This one is not learned. */
void observed_leave_out(const struct observed *o, enum reason reason);

/* A packet that is no link control: connections. True: it answers one that was seen. */
bool observe_talk(const struct observed *o);

int talks_init(struct observer *observer); /* 0 or -ENOMEM */

void tell_subnet(struct port_seen *port, const struct prefix *prefix, bool own);

/* What DHCP, DNS and router advertisements tell. */
void observe_dhcp(const struct observed *o);
void observe_dns(const struct observed *o);
void observe_advertisement(const struct observed *o);

#endif
