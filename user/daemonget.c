// SPDX-License-Identifier: GPL-2.0-only
#include "daemonget.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cleanup.h"
#include "pins.h"

#define ANSWER_MS 30000L
#define URL_LEN 256
#define OK 200

static void curl_cleanup(CURL **easy)
{
	curl_easy_cleanup(*easy);
}

static int perform(CURL *easy, const char *path, FILE *body)
{
	char url[URL_LEN], socket[PINS_SOCKET_LEN];
	long code = 0;
	CURLcode done;

	if (access(pins_socket(socket), F_OK))
		return -errno;
	snprintf(url, sizeof(url), "http://picket%s", path);
	curl_easy_setopt(easy, CURLOPT_URL, url);
	curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, socket);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, body); /* by fwrite(), unless it is told otherwise */
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, ANSWER_MS);
	done = curl_easy_perform(easy);
	if (done == CURLE_COULDNT_CONNECT)
		return -ECONNREFUSED;
	if (done == CURLE_OPERATION_TIMEDOUT)
		return -ETIMEDOUT;
	if (done)
		return -EIO;
	curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &code);
	return code == OK ? 0 : -EPROTO;
}

int daemon_get(const char *path, json_t **out)
{
	CURL *easy __attribute__((cleanup(curl_cleanup))) = curl_easy_init();
	_cleanup_free_ char *text = NULL;
	size_t len = 0;
	FILE *body = easy ? open_memstream(&text, &len) : NULL;
	json_t *json;
	int err;

	if (!body)
		return -ENOMEM;
	err = perform(easy, path, body);
	if (fclose(body))
		return -ENOMEM;
	if (err)
		return err;
	json = json_loadb(text, len, 0, NULL);
	if (!json)
		return -EPROTO;
	*out = json;
	return 0;
}
