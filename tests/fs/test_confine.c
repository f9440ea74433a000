/* What a process that somebody has taken over may still do: each child enters the sandbox
 * and tries something. Expected are errnos of landlock(7) and seccomp(2), and what the
 * lists of confine.h promise. */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fs/cmd/confine.h"
#include "fs/cmd/landlock.h"
#include "tests/cmocka.h"
#include "tests/fs/confine_case.h"

enum { ODD = 249 }; /* no errno */

static const struct sandbox_file files[] = {
	{ "home/.ssh/id_rsa", "secret", 0 },
	{ "export/data.csv", "a,b\n", 0 },
	{ "cache/v1/old", "x", 0 },
	{ "home/.aws/config", "[default]\nregion = eu-west-1\n", 0 },
	{ "home/.aws/sso/cache/login.json", "{}", 0 },
	{ "home/token", "x", 0 },
	{ "home/pod/token", "x", 0 },
	{ "home/pod/new", "x", 0 },
	{ "home/other", "secret", 0 },
	{ "process",
		"[default]\nsource_profile = p\n[profile p]\n"
		"credential_process = /bin/false\n",
		0 },
	{ "table/metadata/m", "x", 0 },
	{ "table/data/d", "x", 0 },
	{ "names/hidden", "secret", 0 },
	{ NULL, NULL, 0 },
};

static int make_files(void **state)
{
	char from[SANDBOX_PATH], to[SANDBOX_PATH];

	char cache[SANDBOX_PATH];

	(void)state;
	sandbox_make(confine_root);
	sandbox_fill(confine_root, files);
	sandbox_path(confine_root, "cache", cache);
	assert_int_equal(chmod(cache, 0700), 0);
	sandbox_path(confine_root, "home/.ssh/id_rsa", to);
	sandbox_path(confine_root, "export/link.csv", from);
	return symlink(to, from);
}

static int remove_files(void **state)
{
	(void)state;
	sandbox_remove(confine_root);
	return 0;
}

static int allow(struct landlock *l, const char *path, enum landlock_right right)
{
	char full[SANDBOX_PATH];

	sandbox_path(confine_root, path, full);
	return landlock_allow(l, full, right);
}

static int enter_files(void)
{
	struct landlock *l = NULL;
	int r = landlock_new(&l);

	if (r == 0)
		r = allow(l, "export", LANDLOCK_READ);
	if (r == 0)
		r = allow(l, "cache", LANDLOCK_KEEP);
	if (r == 0)
		r = allow(l, "names", LANDLOCK_NAMES);
	if (r == 0)
		r = allow(l, "nothing", LANDLOCK_KEEP);
	if (r == 0)
		r = landlock_allow(l, "/dev/null", LANDLOCK_DEVICE);
	if (r == 0)
		r = landlock_allow(l, "/proc", LANDLOCK_READ);
	if (r == 0)
		r = landlock_enter(l);
	landlock_free(l);
	return r;
}

static int read_key(void)
{
	return open_as("home/.ssh/id_rsa", O_RDONLY);
}

static int read_key_by_link(void)
{
	return open_as("export/link.csv", O_RDONLY);
}

static int read_export(void)
{
	return open_as("export/data.csv", O_RDONLY);
}

static int write_export(void)
{
	return open_as("export/data.csv", O_WRONLY);
}

static int make_in_export(void)
{
	return open_as("export/new", O_WRONLY | O_CREAT);
}

static int write_home(void)
{
	return open_as("home/.profile", O_WRONLY | O_CREAT);
}

static int list_home(void)
{
	return open_as("home", O_RDONLY | O_DIRECTORY);
}

static int list_names(void)
{
	return open_as("names", O_RDONLY | O_DIRECTORY);
}

static int read_hidden(void)
{
	return open_as("names/hidden", O_RDONLY);
}

/* All that the store does. */
static int use_cache(void)
{
	char from[SANDBOX_PATH], to[SANDBOX_PATH], made[SANDBOX_PATH];

	sandbox_path(confine_root, "cache/v1/tmp", from);
	sandbox_path(confine_root, "cache/v1/new", to);
	sandbox_path(confine_root, "cache/v1/live", made);
	if (open_as("cache/v1/tmp", O_RDWR | O_CREAT | O_EXCL) ||
		open_as("cache/v1/tmp", O_WRONLY | O_TRUNC) || rename(from, to) < 0 ||
		mkdir(made, 0700) < 0 || rmdir(made) < 0 || unlink(to) < 0 ||
		open_as("cache/v1", O_RDONLY | O_DIRECTORY) ||
		open_as("cache/v1", O_RDWR | O_TMPFILE) ||
		open_as("cache/v1/old", O_RDONLY))
		return errno ? errno : ODD;
	return 0;
}

static int link_from_cache(void)
{
	char to[SANDBOX_PATH];

	sandbox_path(confine_root, "cache/v1/link", to);
	return result(symlink("/etc/passwd", to));
}

static int move_out_of_cache(void)
{
	char from[SANDBOX_PATH], to[SANDBOX_PATH];

	sandbox_path(confine_root, "cache/v1/old", from);
	sandbox_path(confine_root, "home/old", to);
	return result(rename(from, to));
}

static int read_parents_memory(void)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/mem", (int)getppid());
	return open_as(path, O_RDONLY);
}

static int signal_parent(void)
{
	return result(kill(getppid(), SIGCONT));
}

static int write_null(void)
{
	return open_as("/dev/null", O_RDWR);
}

static void only_files_that_were_allowed_are_touched(void **state)
{
	static const struct attempt all[] = {
		{ "a key of the user", read_key, EACCES },
		{ "a key, by a link in the export", read_key_by_link, EACCES },
		{ "the export", read_export, 0 },
		{ "writing to the export", write_export, EACCES },
		{ "a new file in the export", make_in_export, EACCES },
		{ "a new file in the home directory", write_home, EACCES },
		{ "names in the home directory", list_home, EACCES },
		{ "names where they are allowed", list_names, 0 },
		{ "a file there", read_hidden, EACCES },
		{ "a program", run_program, EACCES },
		{ "the cache", use_cache, 0 },
		{ "a link in the cache", link_from_cache, EACCES },
		{ "out of the cache", move_out_of_cache, EACCES },
		{ "the memory of the parent", read_parents_memory, EACCES },
		{ "the device that was allowed", write_null, 0 },
	};

	(void)state;
	run_all(enter_files, all, ARRAY_LEN(all));
}

/* Of version 6, which not every kernel has. */
static void no_other_process_is_signalled(void **state)
{
	(void)state;
	if (syscall(444, NULL, (size_t)0, 1) < 6)
		skip();
	assert_int_equal(try_in(enter_files, signal_parent), EPERM);
}

static struct confinement confined;

/* As costfs mount does. */
static int enter_as(const char *source, enum sandbox_wish sandbox)
{
	char path[SANDBOX_PATH], cache[SANDBOX_PATH], home[SANDBOX_PATH];
	struct settings s = { .source = path, .cache = cache, .sandbox = sandbox };

	snprintf(path, sizeof(path), "%s", source);
	if (strchr(source, ':') == NULL)
		sandbox_path(confine_root, source, path);
	sandbox_path(confine_root, "cache", cache);
	sandbox_path(confine_root, "home", home);
	setenv("HOME", home, 1);
	return confine(&s, &confined, NULL);
}

static int enter_for_a_folder(void)
{
	int r = enter_as("export", SANDBOX_DEFAULT);

	return r == 0 && !confined.has_files ? -EOPNOTSUPP : r;
}

static int enter_for_a_bucket(void)
{
	char token[SANDBOX_PATH];

	sandbox_path(confine_root, "home/pod/token", token);
	setenv("AWS_WEB_IDENTITY_TOKEN_FILE", token, 1);
	sandbox_path(confine_root, "home/token", token);
	setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", token, 1);
	int r = enter_as("s3://bucket", SANDBOX_DEFAULT);

	return r == 0 && !confined.has_files ? -EOPNOTSUPP : r;
}

static int read_login(void)
{
	return open_as("home/.aws/sso/cache/login.json", O_RDONLY);
}

static int write_login(void)
{
	return open_as("home/.aws/sso/cache/new.json", O_WRONLY | O_CREAT);
}

static int write_config(void)
{
	return open_as("home/.aws/config", O_WRONLY);
}

static int write_credentials(void)
{
	return open_as("home/.aws/cli/cache/new.json", O_WRONLY | O_CREAT);
}

static int read_pod_token(void)
{
	int r = open_as("home/pod/token", O_RDONLY);

	return r ? r : open_as("home/pod/new", O_RDONLY);
}

static int read_token(void)
{
	return open_as("home/token", O_RDONLY);
}

static int read_beside_token(void)
{
	return open_as("home/other", O_RDONLY);
}

static int read_table(void)
{
	return open_as("table/data/d", O_RDONLY);
}

static int read_system(void)
{
	static const char *const paths[] = { "/etc/hosts", "/proc/self/status",
		"/proc/self/mountinfo", "/dev/urandom" };

	for (size_t i = 0; i < ARRAY_LEN(paths); i++)
		if (open_as(paths[i], O_RDONLY))
			return ODD;
	return 0;
}

/* Modules of name services are loaded by the first who asks. */
static int resolve_name(void)
{
	struct addrinfo *found = NULL;

	if (getaddrinfo("localhost", NULL, NULL, &found) != 0)
		return ODD;
	freeaddrinfo(found);
	return 0;
}

static const struct attempt everywhere[] = {
	{ "the address of a name", resolve_name, 0 },
	{ "a key of the user", read_key, EACCES },
	{ "a new file in the home directory", write_home, EACCES },
	{ "a program", run_program, EPERM },
	{ "the memory of the parent", read_parents_memory, EACCES },
	{ "the cache", use_cache, 0 },
	{ "what the system's libraries read", read_system, 0 },
};

static void a_mount_of_a_folder_reads_that_and_the_tables_beside(void **state)
{
	static const struct attempt all[] = {
		{ "the export", read_export, 0 },
		{ "a key, by a link in the export", read_key_by_link, EACCES },
		{ "writing to the export", write_export, EACCES },
		{ "a table beside it", read_table, 0 },
		{ "something else beside it", read_hidden, EACCES },
		{ "a login", read_login, EACCES },
	};

	(void)state;
	run_all(enter_for_a_folder, everywhere, ARRAY_LEN(everywhere));
	run_all(enter_for_a_folder, all, ARRAY_LEN(all));
}

static void a_mount_of_a_bucket_reads_logins_and_tokens(void **state)
{
	static const struct attempt all[] = {
		{ "a login", read_login, 0 },
		{ "a login that is renewed", write_login, 0 },
		{ "credentials that are kept", write_credentials, 0 },
		{ "writing to the configuration", write_config, EACCES },
		{ "a token, and the one that takes its place", read_pod_token, 0 },
		{ "a token in the home directory itself", read_token, 0 },
		{ "what stands beside that", read_beside_token, EACCES },
		{ "an export", read_export, EACCES },
	};

	(void)state;
	run_all(enter_for_a_bucket, everywhere, ARRAY_LEN(everywhere));
	run_all(enter_for_a_bucket, all, ARRAY_LEN(all));
}

static int enter_with_process(enum sandbox_wish sandbox)
{
	char config[SANDBOX_PATH];

	sandbox_path(confine_root, "process", config);
	setenv("AWS_CONFIG_FILE", config, 1);
	return enter_as("s3://bucket", sandbox);
}

static int enter_default_with_process(void)
{
	return enter_with_process(SANDBOX_DEFAULT);
}

static int enter_off(void)
{
	return enter_as("export", SANDBOX_OFF);
}

/* Answers 0 where the program runs. */
static int run_child(void)
{
	pid_t child;
	int status;

	if (confined.has_files || confined.has_calls ||
		strncmp(confined.text, "off", 3) != 0)
		return ODD;
	child = fork();
	if (child == 0)
		_exit(run_program());
	return waitpid(child, &status, 0) == child && WIFEXITED(status) &&
			WEXITSTATUS(status) == 0
		? 0
		: ODD;
}

static void a_credential_process_is_not_confined_nor_is_who_asked_for_it(void **state)
{
	(void)state;
	assert_int_equal(try_in(enter_default_with_process, run_child), 0);
	assert_int_equal(try_in(enter_off, run_child), 0);
}

static int insist_with_process(void)
{
	return enter_with_process(SANDBOX_ON) == -EOPNOTSUPP ? 0 : -EINVAL;
}

static int enter_for_nothing(void)
{
	int r = enter_as("not/there/yet", SANDBOX_DEFAULT);

	return r == 0 && !confined.has_calls ? -EOPNOTSUPP : r;
}

static int insist_for_nothing(void)
{
	return enter_as("not/there/yet", SANDBOX_ON) == -EOPNOTSUPP ? 0 : -EINVAL;
}

static int nothing_more(void)
{
	return 0;
}

static void who_insists_gets_all_of_it_or_none(void **state)
{
	(void)state;
	assert_int_equal(try_in(insist_with_process, nothing_more), 0);
	assert_int_equal(try_in(insist_for_nothing, nothing_more), 0);
}

/* Where it will stand is not known, but what runs is. */
static void a_source_that_is_away_may_come_back(void **state)
{
	(void)state;
	assert_int_equal(try_in(enter_for_nothing, read_export), 0);
	assert_int_equal(try_in(enter_for_nothing, run_program), EPERM);
}

/* Some containers answer EPERM to calls that their makers did not know. */
static int enter_in_a_container(void)
{
	struct sock_filter lines[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 444, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_seccomp, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog filter = { ARRAY_LEN(lines), lines };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
		prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) < 0)
		return -EOPNOTSUPP;
	return enter_as("export", SANDBOX_DEFAULT);
}

static int say_what_lacks(void)
{
	return !confined.has_files && !confined.has_calls &&
			strstr(confined.text, "no limit of files: ") != NULL &&
			strstr(confined.text, "no limit of system calls: ") != NULL
		? open_as("home/.ssh/id_rsa", O_RDONLY)
		: ODD;
}

static void a_machine_that_refuses_the_sandbox_mounts_all_the_same(void **state)
{
	(void)state;
	assert_int_equal(try_in(enter_in_a_container, say_what_lacks), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_files_that_were_allowed_are_touched),
		cmocka_unit_test(no_other_process_is_signalled),
		cmocka_unit_test(a_mount_of_a_folder_reads_that_and_the_tables_beside),
		cmocka_unit_test(a_mount_of_a_bucket_reads_logins_and_tokens),
		cmocka_unit_test(
			a_credential_process_is_not_confined_nor_is_who_asked_for_it),
		cmocka_unit_test(who_insists_gets_all_of_it_or_none),
		cmocka_unit_test(a_source_that_is_away_may_come_back),
		cmocka_unit_test(a_machine_that_refuses_the_sandbox_mounts_all_the_same),
	};

	return cmocka_run_group_tests(tests, make_files, remove_files);
}
