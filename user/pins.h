/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the live state is pinned, who may change it, and who wrote it.
 *
 *   DIR/live ingress_slots egress_slots entry_ingress entry_egress meta changes
 *   DIR/links/xdp.IFINDEX, tcx.IFINDEX      what is attached
 *   DIR/slot0/, DIR/slot1/                  the maps of a policy, its state's included, "bundle"
 */
#ifndef PICKET_PINS_H
#define PICKET_PINS_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#define PINS_DEFAULT_DIR "/sys/fs/bpf/picket"
#define PINS_LOCK_WAIT_MS 10000

/* The directory; the string that is set stays the caller's and must outlive all use. */
const char *pins_dir(void);
void pins_set_dir(const char *dir);

/* Where the daemon that looks after this directory answers: a path under /run/picket. */
#define PINS_SOCKET_LEN 48
const char *pins_socket(char path[PINS_SOCKET_LEN]);

/* Where the history of this directory is kept, and the policies that it had: under /var/lib/picket. */
#define PINS_STATE_LEN 40
const char *pins_state_dir(char path[PINS_STATE_LEN]);

/* 0; -ENOTSUP: the directory is on no BPF file system; -errno: nor is there such a place. */
int pins_possible(void);

/*
 * Says why nothing can be pinned here, as a sentence on stderr, and returns -errno: no BPF file
 * system (-ENOTSUP), no such parent, not allowed. 0: fine.
 */
int pins_check(void);

/* Makes the directory, mode 0700, unless it exists. 0 or -errno. */
int pins_make_dir(void);

/*
 * Keeps all other changes out while the file descriptor stays open. 0 and *fd; -ENOENT: no
 * such directory; -EBUSY: somebody held it for all of wait_ms.
 */
int pins_lock(int wait_ms, int *fd);

/* DIR/a or, with b, DIR/a/b. 0, or -ENAMETOOLONG. */
int pins_path(char path[PATH_MAX], const char *a, const char *b);

/* The object pinned at DIR/a[/b]: a file descriptor that the caller closes, or -errno. */
int pins_get(const char *a, const char *b);
/* True: something is pinned there. */
bool pins_has(const char *a, const char *b);
/* Pins fd at DIR/a[/b], in the place of what is there. 0 or -errno. */
int pins_put(int fd, const char *a, const char *b);
/* The same where nothing is, and says that it was lost. 0 or -errno. */
int pins_put_back(int fd, const char *a, const char *b);
/* 0 or -errno; what is not there is no error. */
int pins_remove(const char *a, const char *b);
/* DIR/a (a NULL: DIR) and all that is in it. 0 or the first -errno. */
int pins_remove_dir(const char *a);

/* 0 and the layout that the state was written in; -ENOENT when there is none. */
int pins_layout(uint32_t *out);

#endif
