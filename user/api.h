/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the page reads, as JSON objects. A bad argument is 400, nothing live 503, with a sentence.
 * "time" is Unix time and "uptime" the boot's age, in seconds: rates are best made of the latter, which is never set.
 */
#ifndef PICKET_API_H
#define PICKET_API_H

struct http_exchange;

/* time, apply_failed (the daemon's last one), and what `picket status --json` says. */
void api_status(struct http_exchange *exchange);
/*
 * time, uptime; "segments": each with its mode and totals by verdict, the segment null for frames of none;
 * "drops": what `picket drops --json` says.
 */
void api_segments(struct http_exchange *exchange);
/*
 * ?search=TEXT&segment=NAME&sort=KEY&top=N: time, matching (how many there are without top), "devices": what
 * `picket devices --json` says; the first 50 by drops unless sort and top, at most 1,000, say otherwise.
 */
void api_devices(struct http_exchange *exchange);
/* ?name=NAME: what `picket devices NAME --json` says. A device that the policy does not list is 404. */
void api_device(struct http_exchange *exchange);
/* What passed as audit, as the daemon's book has it: 'picket audit' makes lines for the policy of it. */
void api_audit(struct http_exchange *exchange);

#endif
