/* Reads the newest month of an export in a folder into a cache file, opens it, and says
 * what that cost: "wall_s cpu_s peak_kib rows csv_bytes open_cpu_s". Usage: ingest FOLDER
 * THREADS OUT [SUMS], OUT being an existing directory that is left with OUT/month.data
 * and OUT/month.cube, SUMS "by-service" (the columns of that file alone) or "sums" (of
 * all files of sums). */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "aws/object/folder.h"
#include "fs/store/ingest.h"

static double seconds(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int newest(struct object_source *source, struct delivery *ret, struct fault *why)
{
	struct export_list exports = { .count = 0 };
	struct month_list months = { .count = 0 };
	int r = export_detect(source, &exports, why);

	if (r == 0 && exports.count != 1)
		r = fault(why, -EINVAL, "%zu exports instead of one", exports.count);
	if (r == 0)
		r = export_months(source, &exports.items[0], &months, why);
	if (r == 0 && months.count == 0)
		r = fault(why, -ENODATA, "no month");
	if (r == 0)
		r = delivery_read(source, &exports.items[0],
			&months.items[months.count - 1], ret, why);
	month_list_finish(&months);
	export_list_finish(&exports);
	return r;
}

/* What readers see: all text of the month. */
static int tell(int dir_fd, double wall, double cpu, struct fault *why)
{
	struct block_cache *blocks = block_cache_new(0);
	struct month *m;
	struct rusage used;
	uint64_t bytes = 0;
	double opening = seconds(CLOCK_PROCESS_CPUTIME_ID);
	int r = blocks == NULL ? -ENOMEM : month_open(dir_fd, "month", blocks, &m, why);

	opening = seconds(CLOCK_PROCESS_CPUTIME_ID) - opening;
	getrusage(RUSAGE_SELF, &used);
	if (r == 0) {
		for (uint32_t i = 0; i < month_slice_count(m); i++)
			bytes += month_slice(m, i)->bytes;
		printf("%.3f %.3f %ld %" PRIu64 " %" PRIu64 " %.3f\n", wall, cpu,
			used.ru_maxrss, month_facts(m)->lines, bytes, opening);
		month_unref(m);
	}
	block_cache_free(blocks);
	return r;
}

static int run(const char *folder, unsigned threads, unsigned sums, int dir_fd,
	struct fault *why)
{
	struct object_source *source = NULL;
	struct delivery delivery = { .count = 0 };
	int r = folder_open(folder, &source, why);

	if (r == 0)
		r = newest(source, &delivery, why);
	double wall = seconds(CLOCK_MONOTONIC), cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
	if (r == 0)
		r = ingest_month(&(struct ingest_options){ .source = source,
					 .delivery = &delivery,
					 .sums = { .dims = sums },
					 .threads = threads },
			dir_fd, "month", why);
	wall = seconds(CLOCK_MONOTONIC) - wall;
	cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
	if (r == 0)
		r = tell(dir_fd, wall, cpu, why);
	delivery_finish(&delivery);
	object_source_free(source);
	return r;
}

int main(int argc, char **argv)
{
	struct fault why = { 0 };
	int dir_fd, r;

	unsigned sums = 0;

	if (argc == 5 && strcmp(argv[4], "by-service") == 0)
		sums = DIMS_BASE;
	if (argc == 5 && strcmp(argv[4], "sums") == 0)
		sums = DIMS_OF_SUMS;
	if (argc != 4 && sums == 0) {
		fprintf(stderr, "usage: %s FOLDER THREADS OUT [by-service|sums]\n",
			argv[0]);
		return 2;
	}
	dir_fd = open(argv[3], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir_fd < 0) {
		perror(argv[3]);
		return 1;
	}
	r = run(argv[1], (unsigned)strtoul(argv[2], NULL, 10), sums, dir_fd, &why);
	if (r < 0)
		fprintf(stderr, "%s: %s\n", fault_errno_text(r), why.text);
	close(dir_fd);
	return r < 0;
}
