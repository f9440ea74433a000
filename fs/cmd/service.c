#include "fs/cmd/service.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/log.h"

enum {
	MESSAGE_MAX = 4096,
	DESCRIPTOR_MAX = 1 << 20,
	SHORTEST_US = 1000, /* between two words to a watchdog */
	FIRST_DESCRIPTOR = 3, /* those before it are the terminal's, or the log's */
};
#define NS_A_SECOND 1000000000L

struct service {
	int socket; /* -1: nobody listens */
	int newline_fd; /* -1: nobody waits */
	uint64_t watchdog_us; /* 0: none */
	service_answers_fn *answers;
	void *context;
	pthread_t watch;
	bool is_watched;
	pthread_mutex_t lock;
	pthread_cond_t ending; /* by CLOCK_MONOTONIC */
	bool is_ending; /* guarded by lock */
};

/* What systemd itself takes: a path, or "@" for the abstract namespace. */
static int connect_to(const char *name, int *ret)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t len = strlen(name);

	if ((name[0] != '/' && name[0] != '@') || len < 2 ||
		len >= sizeof(address.sun_path))
		return -EINVAL;
	memcpy(address.sun_path, name, len);
	if (name[0] == '@')
		address.sun_path[0] = '\0';
	/* A path ends with a null byte, an abstract name with its last byte. */
	socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len +
		(name[0] == '/'));
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (const struct sockaddr *)&address, size) < 0) {
		int r = -errno;

		close(fd);
		return r;
	}
	*ret = fd;
	return 0;
}

static void find_socket(struct service *s)
{
	const char *name = getenv("NOTIFY_SOCKET");
	int r = name == NULL ? 0 : connect_to(name, &s->socket);

	if (r < 0)
		log_line(LOG_LEVEL_WARNING, "NOTIFY_SOCKET=%s: %s: nobody is told", name,
			fault_errno_text(r));
}

/* That of another process is none of ours. */
static void find_watchdog(struct service *s)
{
	const char *time = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
	uint64_t number;

	if (pid != NULL &&
		(span_parse_u64(span_of(pid), INT32_MAX, &number) < 0 ||
			number != (uint64_t)getpid()))
		return;
	if (time != NULL && span_parse_u64(span_of(time), INT64_MAX, &number) == 0)
		s->watchdog_us = number;
}

static int take_descriptor(struct service *s, const char *text, struct fault *why)
{
	uint64_t number;
	int flags = -1;

	if (text == NULL)
		return 0;
	if (span_parse_u64(span_of(text), DESCRIPTOR_MAX, &number) == 0 &&
		number >= FIRST_DESCRIPTOR)
		flags = fcntl((int)number, F_GETFL);
	if (flags < 0 || (flags & O_ACCMODE) == O_RDONLY) {
		fault_cure(why,
			"give the number, from 3 on, of a descriptor that is open for "
			"writing: costfs mount ... --notify-fd 3 3>FILE");
		return fault(why, -EINVAL, "--notify-fd %s: no such descriptor", text);
	}
	s->newline_fd = (int)number;
	(void)fcntl(s->newline_fd, F_SETFD, FD_CLOEXEC);
	return 0;
}

int service_open(const char *notify_fd, struct service **ret, struct fault *why)
{
	struct service *s = calloc(1, sizeof(*s));
	pthread_condattr_t monotonic;

	if (s == NULL)
		return -ENOMEM;
	s->socket = s->newline_fd = -1;
	pthread_mutex_init(&s->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&s->ending, &monotonic);
	pthread_condattr_destroy(&monotonic);
	int r = take_descriptor(s, notify_fd, why);
	if (r < 0) {
		service_close(s);
		return r;
	}
	find_socket(s);
	find_watchdog(s);
	(void)unsetenv("NOTIFY_SOCKET");
	(void)unsetenv("WATCHDOG_USEC");
	(void)unsetenv("WATCHDOG_PID");
	*ret = s;
	return 0;
}

void service_close(struct service *s)
{
	if (s == NULL)
		return;
	if (s->is_watched) {
		pthread_mutex_lock(&s->lock);
		s->is_ending = true;
		pthread_cond_signal(&s->ending);
		pthread_mutex_unlock(&s->lock);
		pthread_join(s->watch, NULL);
	}
	if (s->socket >= 0)
		close(s->socket);
	if (s->newline_fd >= 0)
		close(s->newline_fd);
	pthread_cond_destroy(&s->ending);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

/* A manager that does not read its socket must not hold us up. */
static void tell(struct service *s, const char *text, size_t len)
{
	if (s->socket >= 0 && send(s->socket, text, len, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		log_line(LOG_LEVEL_WARNING, "the service manager was not told: %s",
			fault_errno_text(errno));
}

static void tell_text(struct service *s, const char *text)
{
	tell(s, text, strlen(text));
}

/* Lines are the protocol's; those of a text would forge more of it. */
static int append_status(struct buf *b, const char *before, const char *text)
{
	int r = buf_appendf(b, "STATUS=%s", before);

	for (; r == 0 && *text != '\0'; text++)
		r = buf_append_byte(b, (unsigned char)*text < ' ' ? '?' : *text);
	return r;
}

void service_reloaded(struct service *s, const char *source)
{
	struct buf b = BUF_INIT(MESSAGE_MAX);

	if (buf_appendf(&b, "READY=1\nMAINPID=%d\n", (int)getpid()) == 0 &&
		append_status(&b, "Shows ", source) == 0)
		tell(s, b.p, b.len);
	else
		tell_text(s, "READY=1");
	buf_finish(&b);
}

/* Whoever was to read it may have gone, which is no reason to die. */
static void write_newline(int fd)
{
	struct sigaction before;

	(void)sigaction(SIGPIPE, &(struct sigaction){ .sa_handler = SIG_IGN }, &before);
	int r = io_write(fd, "\n", 1);
	(void)sigaction(SIGPIPE, &before, NULL);
	if (r < 0)
		log_line(
			LOG_LEVEL_WARNING, "--notify-fd %d: %s", fd, fault_errno_text(r));
}

void service_ready(struct service *s, const char *source)
{
	service_reloaded(s, source);
	if (s->newline_fd < 0)
		return;
	write_newline(s->newline_fd);
	close(s->newline_fd);
	s->newline_fd = -1;
}

void service_reloading(struct service *s)
{
	struct buf b = BUF_INIT(MESSAGE_MAX);
	struct timespec now;

	/* Of this moment, as Type=notify-reload wants it. */
	clock_gettime(CLOCK_MONOTONIC, &now);
	uint64_t us = (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
	if (buf_appendf(&b,
		    "RELOADING=1\nMONOTONIC_USEC=%" PRIu64
		    "\nSTATUS=Looks for new deliveries",
		    us) == 0)
		tell(s, b.p, b.len);
	buf_finish(&b);
}

void service_stopping(struct service *s)
{
	tell_text(s, "STOPPING=1\nSTATUS=Unmounts");
}

void service_failed(struct service *s, const struct fault *why, int error)
{
	struct buf b = BUF_INIT(MESSAGE_MAX);
	const char *text = why->text[0] != '\0' ? why->text : fault_errno_text(error);

	if (buf_appendf(&b, "ERRNO=%d\n", -error) == 0 &&
		append_status(&b, "", text) == 0)
		tell(s, b.p, b.len);
	buf_finish(&b);
}

static void add_us(struct timespec *t, uint64_t us)
{
	t->tv_sec += (time_t)(us / 1000000);
	t->tv_nsec += (long)(us % 1000000) * 1000;
	if (t->tv_nsec >= NS_A_SECOND) {
		t->tv_nsec -= NS_A_SECOND;
		t->tv_sec++;
	}
}

/* Who waits for an answer of its own process must not hold that process up when it is
 * killed: the kernel ends such a wait only when the last descriptor of /dev/fuse is
 * closed, and those of a process are closed by the last of its threads that shares them.
 * So this one shares none. */
static int leave_descriptors(int socket)
{
	if (unshare(CLONE_FILES) < 0)
		return -errno;
	(void)close_range(STDERR_FILENO + 1, (unsigned)socket - 1, 0);
	(void)close_range((unsigned)socket + 1, UINT_MAX, 0);
	return 0;
}

/* Answers are asked for without the lock, since one that does not come must not keep
 * service_close() from saying that it is the end. */
static void *watch(void *context)
{
	struct service *s = context;
	const uint64_t half = s->watchdog_us / 2;
	const uint64_t pause_us = half < SHORTEST_US ? SHORTEST_US : half;
	bool is_ending = false;
	int r = leave_descriptors(s->socket);

	if (r < 0) {
		log_line(LOG_LEVEL_ERROR, "the watchdog is told nothing: %s",
			fault_errno_text(r));
		return NULL;
	}
	while (!is_ending) {
		struct timespec next;

		if (s->answers(s->context))
			tell_text(s, "WATCHDOG=1");
		clock_gettime(CLOCK_MONOTONIC, &next);
		add_us(&next, pause_us);
		pthread_mutex_lock(&s->lock);
		while (!s->is_ending &&
			pthread_cond_timedwait(&s->ending, &s->lock, &next) == 0)
			;
		is_ending = s->is_ending;
		pthread_mutex_unlock(&s->lock);
	}
	return NULL;
}

int service_watch(struct service *s, service_answers_fn *answers, void *context)
{
	if (s->watchdog_us == 0 || s->socket < 0)
		return 0;
	s->answers = answers;
	s->context = context;
	if (pthread_create(&s->watch, NULL, watch, s) != 0)
		return -EAGAIN;
	s->is_watched = true;
	return 0;
}
