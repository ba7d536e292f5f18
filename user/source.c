// SPDX-License-Identifier: GPL-2.0-only
#include "source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "actor.h"
#include "hugepages.h"

/* A source's name stands at the end of what it shares. */
struct source_block {
	unsigned int references;
	char *text;
	char name[];
};

static const char BYTE_ORDER_MARK[] = "\xef\xbb\xbf";

static struct source_block *source_block(const struct source_file *source)
{
	return (struct source_block *)(source->name - offsetof(struct source_block, name));
}

/* Takes over text. */
static int source_own(const char *name, char *text, size_t len, struct source_file *out)
{
	struct source_block *block = malloc(sizeof(*block) + strlen(name) + 1);
	size_t skip = len >= 3 && !memcmp(text, BYTE_ORDER_MARK, 3) ? 3 : 0;

	if (!block) {
		free(text);
		return -ENOMEM;
	}
	block->references = 1;
	block->text = text;
	strcpy(block->name, name);
	*out = (struct source_file){ block->name, text + skip, len - skip };
	return 0;
}

static int source_read_all(int fd, size_t hint, char **text, size_t *len)
{
	size_t size = hint + 1, used = 0;
	char *buffer = malloc(size), *larger;
	ssize_t got;

	hugepages_prefer(buffer, size);
	while (buffer) {
		got = read(fd, buffer + used, size - used);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		used += got;
		if (used > SOURCE_LARGEST) {
			free(buffer);
			return -EFBIG;
		}
		if (used < size)
			continue;
		size *= 2;
		larger = realloc(buffer, size);
		if (!larger)
			free(buffer);
		buffer = larger;
	}
	if (!buffer)
		return -ENOMEM;
	if (got < 0) {
		free(buffer);
		return -errno;
	}
	*text = buffer;
	*len = used;
	return 0;
}

int source_read_fd(int fd, const char *name, struct source_file *out)
{
	struct stat stat;
	size_t len = 0;
	char *text = NULL;
	int err;

	if (fstat(fd, &stat))
		return -errno;
	if (stat.st_size > (off_t)SOURCE_LARGEST)
		return -EFBIG;
	err = source_read_all(fd, stat.st_size > 0 ? stat.st_size : 4096, &text, &len);
	return err ? err : source_own(name, text, len, out);
}

int source_read(const char *path, const char *name, struct source_file *out)
{
	int fd, err;

	if (actor_is_client())
		return -EPERM; /* it would be read with rights that the client does not have */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return -errno;
	err = source_read_fd(fd, name, out);
	close(fd);
	return err;
}

int source_copy(const struct source_file *from, struct source_file *out)
{
	char *text;

	if (from->len > SOURCE_LARGEST)
		return -EFBIG;
	text = malloc(from->len + 1);
	if (!text)
		return -ENOMEM;
	if (from->len)
		memcpy(text, from->text, from->len);
	return source_own(from->name, text, from->len, out);
}

struct source_file source_ref(const struct source_file *source)
{
	source_block(source)->references++;
	return *source;
}

void source_put(struct source_file *source)
{
	struct source_block *block = source_block(source);

	if (!--block->references) {
		free(block->text);
		free(block);
	}
	*source = (struct source_file){ 0 };
}

void source_cleanup(struct source_file *source)
{
	if (source->name)
		source_put(source);
}

size_t utf8_length(const char *text, size_t len, uint32_t *code)
{
	static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *s = (const unsigned char *)text;
	size_t n, i;

	if (!len)
		return 0;
	*code = s[0];
	if (s[0] < 0x80)
		return 1;
	n = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
	if (s[0] < 0xc2 || s[0] > 0xf4 || n > len)
		return 0;
	*code = s[0] & (0xff >> (n + 1));
	for (i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		*code = *code << 6 | (s[i] & 0x3f);
	}
	if (*code < smallest[n] || *code > 0x10ffff || (*code >= 0xd800 && *code < 0xe000))
		return 0;
	return n;
}

static const char *code_complaint(uint32_t code, bool before_newline)
{
	if (!code)
		return "a NUL byte has no place in a text file: remove it";
	if (code == '\r' && !before_newline)
		return "a carriage return without a line feed: save the file with LF line ends";
	if (code == 0x85 || code == 0x2028 || code == 0x2029)
		return "a Unicode line separator: use ordinary line ends";
	if ((code < 0x20 && code != '\t' && code != '\n' && code != '\r') || code == 0x7f ||
	    (code > 0x7f && code < 0xa0) || code == 0xfeff || (code & 0xfffe) == 0xfffe)
		return "a control character: remove it";
	return NULL;
}

const char *source_check(const struct source_file *source, uint32_t *line, uint32_t *col)
{
	const char *text = source->text, *end = text + source->len, *start = text, *complaint;
	uint32_t lines = 1, code;
	size_t n;

	while (text < end) {
		unsigned char c = *text;

		if (c >= 0x20 && c < 0x7f) {
			text++;
			continue;
		}
		n = utf8_length(text, end - text, &code);
		complaint = n ? code_complaint(code, text + 1 < end && text[1] == '\n') :
				"bytes that are not UTF-8: save the file as UTF-8";
		if (complaint) {
			*line = lines;
			*col = text - start + 1;
			return complaint;
		}
		text += n;
		if (code == '\n') {
			lines++;
			start = text;
		}
	}
	return NULL;
}
