/* The table of checks, and how they are run one after another. */
#include "fs/cmd/doctor/run.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fs/cmd/doctor/deadline.h"
#include "fs/cmd/doctor/doctor.h"

enum { DOCTOR_REPORT_MAX = 1024 * 1024 };

/* Where a check makes sense. */
enum check_scope {
	SCOPE_ALWAYS,
	SCOPE_AWS, /* not for directories and demo: */
	SCOPE_BUCKET, /* an S3 source */
	SCOPE_SOURCE, /* any source */
	SCOPE_RIGHT, /* AWS, where no source is named, or on demand */
};

struct check {
	const char *name;
	check_fn *run;
	enum check_scope scope;
	unsigned needs; /* bits of those before it that must not have failed */
};

#define BIT(id) (1U << (id))
#define SIGNED (BIT(CHECK_CONFIGURATION) | BIT(CHECK_CREDENTIALS) | BIT(CHECK_IDENTITY))

/* clang-format off */
static const struct check checks[CHECK_COUNT] = {
	[CHECK_CONFIGURATION] = { "configuration", check_configuration, SCOPE_ALWAYS, 0 },
	[CHECK_CREDENTIALS] = { "credentials", check_credentials, SCOPE_AWS,
		BIT(CHECK_CONFIGURATION) },
	[CHECK_IDENTITY] = { "identity", check_identity, SCOPE_AWS,
		BIT(CHECK_CREDENTIALS) },
	[CHECK_CLOCK] = { "clock", check_clock, SCOPE_AWS, BIT(CHECK_CONFIGURATION) },
	[CHECK_REGION] = { "region", check_region, SCOPE_AWS, BIT(CHECK_CONFIGURATION) },
	[CHECK_BUCKET] = { "bucket", check_bucket, SCOPE_BUCKET,
		BIT(CHECK_CONFIGURATION) },
	[CHECK_LIST] = { "list", check_list, SCOPE_SOURCE, SIGNED | BIT(CHECK_BUCKET) },
	[CHECK_EXPORT] = { "export", check_export, SCOPE_SOURCE, BIT(CHECK_LIST) },
	[CHECK_MANIFEST] = { "manifest", check_manifest, SCOPE_SOURCE,
		BIT(CHECK_EXPORT) },
	[CHECK_READ] = { "read", check_read, SCOPE_SOURCE, BIT(CHECK_MANIFEST) },
	[CHECK_DECRYPT] = { "decrypt", check_decrypt, SCOPE_BUCKET, 0 },
	[CHECK_COLUMNS] = { "columns", check_columns, SCOPE_SOURCE, BIT(CHECK_READ) },
	[CHECK_REPORTS] = { "legacy reports", check_reports, SCOPE_RIGHT, SIGNED },
	[CHECK_EXPORTS] = { "data exports", check_exports, SCOPE_RIGHT, SIGNED },
	[CHECK_ACCOUNTS] = { "account names", check_accounts, SCOPE_RIGHT, SIGNED },
	[CHECK_CACHE] = { "cache", check_cache, SCOPE_ALWAYS, 0 },
	[CHECK_FUSE] = { "fuse", check_fuse, SCOPE_ALWAYS, 0 },
};
/* clang-format on */

/* A run. Guarded by lock: findings from done on, and what is written. */
struct run {
	struct doctor doctor;
	struct deadline *deadline;
	pthread_mutex_t lock;
	bool is_json;
	int done; /* checks that are finished */
};

static bool is_aws(const struct doctor *d)
{
	return !d->given || d->is_s3;
}

/* NULL: it makes sense; else why not. */
static const char *out_of_scope(const struct doctor *d, enum check_scope scope)
{
	const char *local = d->given && strcmp(d->given, "demo:") == 0
		? "because demo: needs no AWS"
		: "because the source is no place in AWS";

	/* What the source is, is not known then. */
	if (d->findings[CHECK_CONFIGURATION].status == FINDING_FAILED)
		return NULL;
	switch (scope) {
	case SCOPE_ALWAYS:
		return NULL;
	case SCOPE_AWS:
		return is_aws(d) ? NULL : local;
	case SCOPE_BUCKET:
		if (d->given && !d->is_s3)
			return local;
		/* fall through */
	case SCOPE_SOURCE:
		return d->given ? NULL
				: "because no source is named: costfs doctor SOURCE";
	case SCOPE_RIGHT:
		if (!is_aws(d))
			return local;
		return !d->given || d->arguments->value[OPTION_ALL]
			? NULL
			: "because a mount of this source does not need it; --all asks";
	}
	return NULL;
}

/* The check that keeps this one from being made, CHECK_COUNT for none. */
static int find_obstacle(const struct doctor *d, unsigned needs)
{
	int i;

	for (i = 0; i < CHECK_COUNT; i++) {
		const struct finding *f = &d->findings[i];
		bool is_out = f->status == FINDING_SKIPPED &&
			out_of_scope(d, checks[i].scope) == NULL && i != CHECK_IDENTITY;

		if ((needs & BIT(i)) && (f->status == FINDING_FAILED || is_out))
			break;
	}
	return i;
}

static void run_check(struct run *run, int id, struct finding *f)
{
	struct doctor *d = &run->doctor;
	const struct check *c = &checks[id];
	bool is_time = deadline_next(run->deadline);
	const char *no = out_of_scope(d, c->scope);
	int obstacle = find_obstacle(d, c->needs);

	if (no)
		finding_skip(f, "%s", no);
	else if (obstacle < CHECK_COUNT)
		finding_skip(f, "because %s %s", checks[obstacle].name,
			d->findings[obstacle].status == FINDING_FAILED ? "failed"
								       : "was skipped");
	else if (!is_time && c->scope != SCOPE_ALWAYS)
		finding_skip(f, "because the time for all is up (%d s)",
			DOCTOR_WAIT_MS / 1000);
	else
		c->run(d, f);
}

static void print_text(const struct finding *f)
{
	struct buf text = BUF_INIT(DOCTOR_REPORT_MAX);

	if (finding_write(f, &text) == 0)
		(void)fwrite(text.p, 1, text.len, stdout);
	else
		(void)printf("FAILED   %s: out of memory\n", f->name);
	(void)fflush(stdout);
	buf_finish(&text);
}

static void print_json(const struct run *run)
{
	struct buf text = BUF_INIT(DOCTOR_REPORT_MAX);

	if (findings_write_json(run->doctor.findings, CHECK_COUNT, &text) == 0)
		(void)fwrite(text.p, 1, text.len, stdout);
	(void)fflush(stdout);
	buf_finish(&text);
}

/* Keeps what was found, and says it unless the end has come. */
static void keep(struct run *run, int id, const struct finding *f)
{
	pthread_mutex_lock(&run->lock);
	run->doctor.findings[id] = *f;
	run->done = id + 1;
	if (!run->is_json)
		print_text(f);
	pthread_mutex_unlock(&run->lock);
}

/* Some check hangs on what cannot be stopped, as a dead file server. The lock is kept:
 * nothing may be said behind this. */
static void give_up(void *context)
{
	struct run *run = context;

	pthread_mutex_lock(&run->lock);
	for (int i = run->done; i < CHECK_COUNT; i++) {
		struct finding *f = &run->doctor.findings[i];

		f->name = checks[i].name;
		if (i == run->done) {
			finding_fail(
				f, "it did not end within %d s", DOCTOR_END_MS / 1000);
			finding_why(f,
				"it hangs on what cannot be stopped, as a file "
				"server that is away");
			finding_cure(f,
				"bring back what the source, the cache or the AWS files "
				"stand on, or unmount it");
		} else {
			finding_skip(f, "because %s did not end", checks[run->done].name);
		}
		if (!run->is_json)
			print_text(f);
	}
	if (run->is_json)
		print_json(run);
	_exit(EXIT_FAILED);
}

static int run_all(struct run *run)
{
	int failed = 0;

	for (int i = 0; i < CHECK_COUNT; i++) {
		struct finding f = { .name = checks[i].name };

		run_check(run, i, &f);
		failed += f.status == FINDING_FAILED;
		keep(run, i, &f);
	}
	deadline_free(run->deadline);
	if (run->is_json)
		print_json(run);
	return failed;
}

static void finish(struct doctor *d)
{
	atomic_store(&d->stop, true);
	delivery_finish(&d->delivery);
	month_list_finish(&d->months);
	source_close(&d->source);
	sts_identity_finish(&d->identity);
	session_close(d->session);
	place_finish(&d->place);
	settings_finish(&d->settings);
	free(d->kms_key);
}

int doctor_run(const struct arguments *a, int *ret_failed)
{
	struct run *run = calloc(1, sizeof(*run));
	int r = run ? 0 : -ENOMEM;

	if (r < 0)
		return r;
	run->doctor.arguments = a;
	run->doctor.given = a->count > 0 ? a->positional[0] : NULL;
	run->is_json = a->value[OPTION_JSON] != NULL;
	pthread_mutex_init(&run->lock, NULL);
	r = deadline_start(&(struct deadline_options){ .stop = &run->doctor.stop,
				   .check_ms = DOCTOR_CHECK_MS,
				   .wait_ms = DOCTOR_WAIT_MS,
				   .end_ms = DOCTOR_END_MS,
				   .end = give_up,
				   .context = run },
		&run->deadline);
	if (r == 0)
		*ret_failed = run_all(run);
	finish(&run->doctor);
	pthread_mutex_destroy(&run->lock);
	free(run);
	return r;
}
