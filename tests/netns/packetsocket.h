/* SPDX-License-Identifier: GPL-2.0-only */
/* What all senders of frames need. */
#ifndef TEST_PACKETSOCKET_H
#define TEST_PACKETSOCKET_H

#include <stdint.h>

#define NSEC_PER_SEC 1000000000ULL

/* ns of boot time */
uint64_t boot_now(void);

/* Sends whole frames through an interface, past its queueing discipline. Ends the program without one. */
int packet_socket(const char *interface);

#endif
