/* costfs mount: the parent waits until the child serves, then leaves it alone. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "fs/cmd/app.h"
#include "fs/cmd/confine.h"
#include "fs/cmd/exit_code.h"
#include "fs/cmd/interrupt.h"
#include "fs/cmd/progress.h"
#include "fs/cmd/say.h"
#include "fs/cmd/screen.h"
#include "fs/cmd/service.h"
#include "fs/cmd/session.h"
#include "fs/cmd/source.h"
#include "fs/mount/mount.h"

enum { RELOAD_LOOK_MS = 50 }; /* between two looks whether a refresh has ended */

/* One mount while it serves. */
struct served {
	const struct settings *settings;
	const char *mountpoint, *notify_fd;
	struct app *app;
	struct mount *mount;
	struct service *service;
	uint64_t reload; /* number of the refresh that SIGHUP began; 0: none */
	int ready_fd; /* a byte when it is usable; -1 for none */
	int log_fd; /* -1 for none */
	struct keeper *keeper; /* of the mount point */
	struct confinement confinement;
};

static void on_event(void *context, enum library_event event, struct month_no month)
{
	mount_event(context, event, month);
}

static void on_live_event(void *context, enum live_event event, const char *account,
	size_t kind, const char *region)
{
	const struct tree_live_change change = { event, account, kind, region };

	mount_live_event(context, &change);
}

/* A log, or nothing, instead of the terminal. */
static void leave_terminal(int log_fd)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0)
		return;
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	dup2(log_fd >= 0 ? log_fd : null, STDERR_FILENO);
	close(null);
}

/* The terminal is kept until here, for errors. */
static void tell_ready(struct served *s)
{
	if (s->ready_fd >= 0)
		leave_terminal(s->log_fd);
	else if (s->log_fd >= 0)
		dup2(s->log_fd, STDERR_FILENO);
	service_ready(s->service, s->settings->source);
	if (s->ready_fd < 0)
		return;
	while (write(s->ready_fd, "r", 1) < 0 && errno == EINTR)
		;
	close(s->ready_fd);
	s->ready_fd = -1;
}

enum { TEND_SECONDS = 60 };

/* Of a mount that serves: it is told to refresh by SIGHUP, under nohup as well; its state
 * by SIGUSR1, its log's level by SIGUSR2. */
static sigset_t our_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGUSR2);
	return set;
}

/* info, debug, info …; whatever it was before. */
static void step_level(void)
{
	enum log_level next =
		log_get_level() == LOG_LEVEL_INFO ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO;

	log_set_level(next);
	log_state("level=%s", log_level_name(next));
}

static void begin_reload(struct served *s)
{
	service_reloading(s->service);
	s->reload = app_refresh(s->app);
}

static void look_for_end_of_reload(struct served *s)
{
	if (mount_refreshes(s->mount) < s->reload)
		return;
	s->reload = 0;
	service_reloaded(s->service, s->settings->source);
}

/* False: it is to end. */
static bool heed(struct served *s, int signal)
{
	switch (signal) {
	case SIGHUP:
		begin_reload(s);
		return true;
	case SIGUSR1:
		mount_tell_state(s->mount);
		return true;
	case SIGUSR2:
		step_level();
		return true;
	default:
		return false;
	}
}

/* Threads inherit the mask, so all signals come here. SIGTERM ends this thread. */
static void *heed_signals(void *context)
{
	const struct timespec look = { .tv_nsec = RELOAD_LOOK_MS * 1000000L };
	struct served *s = context;
	const sigset_t set = our_signals();
	const struct timespec period = { .tv_sec = TEND_SECONDS };
	int signal;

	for (;;) {
		signal = sigtimedwait(&set, NULL, s->reload == 0 ? &period : &look);
		if (signal >= 0 && !heed(s, signal))
			break;
		if (signal < 0 && s->reload != 0)
			look_for_end_of_reload(s);
		else if (signal < 0)
			mount_tend_log(s->mount);
	}
	service_stopping(s->service);
	mount_stop(s->mount);
	return NULL;
}

static bool answers(void *context)
{
	const struct served *s = context;

	return mount_answers(s->mountpoint);
}

/* For who sits before it. */
static struct progress *begin_to_show(const struct served *s, struct progress_month *any)
{
	if (!is_screen(stderr))
		return NULL;
	*any = (struct progress_month){ .library = app_library(s->app) };
	say_done("%s is mounted at %s; Ctrl-C unmounts it", s->settings->source,
		s->mountpoint);
	return progress_start(progress_look_at_month, any);
}

static int serve(struct served *s, struct fault *why)
{
	struct progress_month any;
	pthread_t heeding;

	app_listen(s->app, on_event, s->mount);
	/* One may have ended since the mount was made. */
	mount_event(s->mount, LIBRARY_REFRESHED, (struct month_no){ 0 });
	app_listen_live(s->app, on_live_event, s->mount);
	library_open_cached(app_library(s->app));
	if (pthread_create(&heeding, NULL, heed_signals, s) != 0)
		return fault(why, -EAGAIN, "no thread for signals");
	tell_ready(s);
	struct progress *progress = begin_to_show(s, &any);
	if (service_watch(s->service, answers, s) < 0)
		log_line(LOG_LEVEL_WARNING, "no thread for the watchdog");
	int r = mount_run(s->mount);
	progress_stop(progress);
	/* Also when it was unmounted from outside. */
	/* NOLINTNEXTLINE(bugprone-bad-signal-to-kill-thread): sigtimedwait() takes it */
	pthread_kill(heeding, SIGTERM);
	pthread_join(heeding, NULL);
	app_listen(s->app, NULL, NULL);
	app_listen_live(s->app, NULL, NULL);
	return r < 0 ? fault(why, r, "the kernel's device: %s", fault_errno_text(r)) : 0;
}

static int open_log(const char *path, int *ret, struct fault *why)
{
	if (path == NULL)
		return 0;
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (fd < 0)
		return fault(why, -errno, "log %s: %s", path, fault_errno_text(errno));
	*ret = fd;
	return 0;
}

/* *ret_status: the exit status if it fails. */
static int open_mount(struct served *s, int *ret_status, struct fault *why)
{
	const struct app_options app = { .settings = s->settings,
		.is_mount = true,
		.sandbox = s->confinement.text,
		.stop = interrupt_flag() };
	int r = app_open(&app, &s->app, why);

	*ret_status = exit_code(r);
	if (r < 0)
		return r;
	const struct mount_options mount = { .tree = app_tree(s->app),
		.library = app_library(s->app),
		.keeper = s->keeper,
		.crawlers = s->settings->crawlers };
	*ret_status = EXIT_MOUNT_POINT;
	return mount_new(&mount, &s->mount, why);
}

/* While there is one thread, which all others inherit from. */
static int begin(struct served *s, struct fault *why)
{
	const struct keeper_options keeper = { .mountpoint = s->mountpoint,
		.source = s->settings->source,
		.allow_other = s->settings->allow_other };
	int r = open_log(s->settings->log, &s->log_fd, why);

	if (r == 0)
		r = keeper_start(&keeper, &s->keeper, why);
	return r < 0 ? r : confine(s->settings, &s->confinement, why);
}

/* Answers the exit status. */
static int run_mount(struct served *s)
{
	struct fault why = { 0 };
	const sigset_t set = our_signals();
	int code;
	int r = service_open(s->notify_fd, &s->service, &why);

	if (r == -EINVAL)
		return say_invalid("mount", &why);
	if (r < 0)
		return say_fault(&why, r);
	r = begin(s, &why);
	code = exit_code(r);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	interrupt_watch();
	if (r == 0)
		r = open_mount(s, &code, &why);
	int status = interrupt_end(EXIT_DONE);
	if (r == 0 && status == EXIT_DONE) {
		code = EXIT_FAILED;
		r = serve(s, &why);
	}
	if (r < 0)
		service_failed(s->service, &why, r);
	/* The mount goes first, so that nobody comes any more; the watch may be waiting
	 * for an answer of it. */
	mount_free(s->mount);
	service_close(s->service);
	app_close(s->app);
	keeper_stop(s->keeper);
	if (s->log_fd >= 0)
		close(s->log_fd);
	if (r == 0 || status != EXIT_DONE)
		return status;
	say_fault(&why, r);
	return code;
}

static int run_child(struct served *s)
{
	setsid();
	return chdir("/") < 0 ? EXIT_FAILED : run_mount(s);
}

/* The child is in a session of its own, where the terminal's Ctrl-C does not reach it. */
static void pass_signal_on(pid_t child, int signals)
{
	struct signalfd_siginfo info;

	if (read(signals, &info, sizeof(info)) == (ssize_t)sizeof(info))
		kill(child, (int)info.ssi_signo);
}

/* Until the child has written a byte or ended: what read() answered. */
static ssize_t await_byte(pid_t child, int fd)
{
	const sigset_t set = interrupt_signals();
	struct pollfd polled[] = { { .fd = fd, .events = POLLIN },
		{ .fd = signalfd(-1, &set, SFD_CLOEXEC), .events = POLLIN } };
	ssize_t n = -1;
	char byte;

	while (n < 0) {
		if (poll(polled, ARRAY_LEN(polled), -1) < 0)
			continue;
		if (polled[0].revents)
			n = read(fd, &byte, 1);
		else if (polled[1].revents)
			pass_signal_on(child, polled[1].fd);
	}
	close(polled[1].fd);
	return n;
}

static int await_child(pid_t child, int fd)
{
	struct fault why = { 0 };
	int status;
	ssize_t n = await_byte(child, fd);

	close(fd);
	if (n == 1)
		return EXIT_DONE;
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFEXITED(status))
		return WEXITSTATUS(status) == EXIT_DONE ? EXIT_FAILED
							: WEXITSTATUS(status);
	fault_cure(&why, "report it, with what --log FILE --verbose writes");
	fault(&why, -EIO, "the daemon died of signal %d", WTERMSIG(status));
	return say_fault(&why, -EIO);
}

static int say_errno(const char *what)
{
	struct fault why = { 0 };
	int error = -errno;

	fault(&why, error, "%s: %s", what, fault_errno_text(error));
	return say_fault(&why, error);
}

static int mount_in_background(struct served *s)
{
	const sigset_t set = interrupt_signals();
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) < 0)
		return say_errno("no pipe to the daemon");
	fflush(NULL);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	pid_t child = fork();
	if (child < 0)
		return say_errno("no process for the daemon");
	if (child == 0) {
		close(fds[0]);
		s->ready_fd = fds[1];
		_exit(run_child(s));
	}
	close(fds[1]);
	return await_child(child, fds[0]);
}

/* The daemon leaves / behind, so both must be absolute; the directory itself may be a
 * dead mount that cannot be looked at. */
static char *absolute_path(const char *path)
{
	struct buf b = BUF_INIT(8192);
	char *real = realpath(path, NULL);
	char *here = NULL;

	if (real != NULL)
		return real;
	if (path[0] != '/')
		here = getcwd(NULL, 0);
	if (buf_appendf(&b, "%s%s%s", here != NULL ? here : "", here != NULL ? "/" : "",
		    path) == 0)
		real = buf_take(&b);
	while (real != NULL && strlen(real) > 1 && real[strlen(real) - 1] == '/')
		real[strlen(real) - 1] = '\0';
	free(here);
	buf_finish(&b);
	return real;
}

static int make_absolute(char **path)
{
	char *absolute = absolute_path(*path);

	if (absolute == NULL)
		return -ENOMEM;
	free(*path);
	*path = absolute;
	return 0;
}

static int prepare(struct settings *s)
{
	int r = make_absolute(&s->cache);

	if (r == 0 && s->log != NULL)
		r = make_absolute(&s->log);
	if (r == 0 && source_is_path(s->source))
		r = make_absolute(&s->source);
	return r;
}

/* One that is alone is the directory. */
static bool is_source(const char *word)
{
	return strchr(word, ':') != NULL && access(word, F_OK) != 0;
}

int command_mount(const struct arguments *a)
{
	const char *directory = a->positional[a->count - 1];
	struct settings s = { 0 };
	struct fault why = { 0 };
	int status = EXIT_FAILED;
	if (a->count == 1 && is_source(directory))
		return say_usage("mount",
			"%s: the directory that is to show it is missing", directory);
	int r = settings_init(
		a, a->count > 1 ? a->positional[0] : SOURCE_DETECTED, &s, &why);

	if (r == -EINVAL)
		return say_invalid("mount", &why);
	if (r < 0)
		return say_fault(&why, r);
	char *mountpoint = absolute_path(directory);
	r = mountpoint == NULL ? -ENOMEM : prepare(&s);
	if (r == 0) {
		keep_memory_private(); /* the costs of a company */
		struct served served = { .settings = &s,
			.mountpoint = mountpoint,
			.notify_fd = a->value[OPTION_NOTIFY_FD],
			.ready_fd = -1,
			.log_fd = -1 };
		status = s.foreground ? run_mount(&served) : mount_in_background(&served);
	}
	if (r < 0)
		status = say_fault(&why, r);
	free(mountpoint);
	settings_finish(&s);
	return status;
}
