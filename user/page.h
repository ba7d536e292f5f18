/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The page at /: page.html, page.css and the page*.js in one document that loads nothing. What it may run is
 * named by hash in its Content-Security-Policy.
 */
#ifndef PICKET_PAGE_H
#define PICKET_PAGE_H

#include <stddef.h>

struct http_exchange;

void page_answer(struct http_exchange *exchange);

/* The document, *len bytes. */
const char *page_text(size_t *len);
/* Of the Content-Security-Policy header; made once. */
const char *page_policy(void);

#endif
