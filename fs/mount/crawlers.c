#include "fs/mount/crawlers.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/io.h"

enum { STATUS_MAX = 16 * 1024 };

const char crawlers_default[] =
	"updatedb,updatedb.plocate,updatedb.mlocate,"
	"tracker-miner-fs,tracker-miner-fs-3,tracker-extract,tracker-extract-3,"
	"localsearch-3,localsearch-extractor-3,"
	"baloo_file,baloo_file_extractor,recollindex,tumblerd";

/* Replaces ret, without the newline; -errno: there is none. */
static int read_comm(int64_t id, struct buf *ret)
{
	char path[64];
	int r;

	(void)snprintf(path, sizeof(path), "/proc/%lld/comm", (long long)id);
	buf_clear(ret);
	r = io_read_file(AT_FDCWD, path, ret);
	if (r == 0 && ret->len > 0)
		buf_truncate(ret, ret->len - 1);
	return r;
}

/* The process of a thread; 0 where it is gone. */
static int64_t process_of(int64_t thread)
{
	struct buf text = BUF_INIT(STATUS_MAX);
	struct span rest, line;
	char path[64];
	int64_t id = 0;

	(void)snprintf(path, sizeof(path), "/proc/%lld/status", (long long)thread);
	if (io_read_file(AT_FDCWD, path, &text) == 0) {
		rest = buf_span(&text);
		while (span_split(&rest, '\n', &line)) {
			if (!span_starts(line, SPAN("Tgid:\t")))
				continue;
			for (size_t i = strlen("Tgid:\t"); i < line.len; i++)
				id = id * 10 + (line.p[i] - '0');
			break;
		}
	}
	buf_finish(&text);
	return id;
}

static bool is_listed(const char *names, struct span comm)
{
	struct span rest = span_of(names), name;

	while (span_split(&rest, ',', &name)) {
		name = span_first(span_trim(name), CRAWLER_NAME - 1);
		if (name.len > 0 && span_eq(name, comm))
			return true;
	}
	return false;
}

static bool has_name(const char *names, int64_t id, char ret[CRAWLER_NAME])
{
	struct buf comm = BUF_INIT(STATUS_MAX);
	bool found = read_comm(id, &comm) == 0 && comm.len < CRAWLER_NAME &&
		is_listed(names, buf_span(&comm));

	if (found) {
		memcpy(ret, comm.p, comm.len);
		ret[comm.len] = '\0';
	}
	buf_finish(&comm);
	return found;
}

bool crawlers_have(const char *names, int64_t thread, char ret[CRAWLER_NAME])
{
	int64_t process;

	if (!names || !names[0] || thread <= 0)
		return false;
	if (has_name(names, thread, ret))
		return true;
	process = process_of(thread);
	return process > 0 && process != thread && has_name(names, process, ret);
}
