/* System calls and rights that a mount does not need: each child gives them up and tries
 * one. Expected are errnos of seccomp(2) and capabilities(7). */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fs/cmd/syscalls.h"
#include "tests/cmocka.h"
#include "tests/fs/confine_case.h"

#ifndef SYSCALLS_LEAVE_PTRACE
static int call_ptrace(void)
{
	return result(ptrace(PTRACE_TRACEME, 0, NULL, NULL));
}
#endif

static int call_vm(void)
{
	return result(
		syscall(SYS_process_vm_readv, getppid(), NULL, 0UL, NULL, 0UL, 0UL));
}

static int call_mount(void)
{
	return result(mount("none", confine_root, "tmpfs", 0, NULL));
}

static int call_umount(void)
{
	return result(umount2(confine_root, MNT_DETACH));
}

static int call_unshare(void)
{
	return result(unshare(CLONE_NEWUSER));
}

static int call_clone_namespace(void)
{
	return result(
		syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, NULL, NULL, NULL, NULL));
}

static int call_bpf(void)
{
	return result(syscall(SYS_bpf, 0, NULL, 0));
}

static int call_keyctl(void)
{
	return result(syscall(SYS_keyctl, 0, 0, 0, 0, 0));
}

static int call_io_uring(void)
{
	return result(syscall(425, 1, NULL));
}

static int call_perf(void)
{
	return result(syscall(SYS_perf_event_open, NULL, 0, -1, -1, 0));
}

static int call_module(void)
{
	return result(syscall(SYS_init_module, NULL, 0UL, ""));
}

static int open_packet_socket(void)
{
	return result(socket(AF_PACKET, SOCK_RAW, 0));
}

static int type_into_terminal(void)
{
	char key = 'x';

	return result(ioctl(STDIN_FILENO, TIOCSTI, &key));
}

static int usual_ioctl(void)
{
	int count = 0;
	int fds[2];

	return pipe(fds) < 0 ? errno : result(ioctl(fds[0], FIONREAD, &count));
}

static int open_sockets(void)
{
	static const int families[] = { AF_UNIX, AF_INET, AF_INET6, AF_NETLINK };

	for (size_t i = 0; i < ARRAY_LEN(families); i++) {
		int fd = socket(families[i], SOCK_DGRAM | SOCK_CLOEXEC, 0);

		/* A machine may have no IPv6. */
		if (fd < 0 && (families[i] != AF_INET6 || errno != EAFNOSUPPORT))
			return errno;
		if (fd >= 0)
			close(fd);
	}
	return 0;
}

static void *nothing(void *context)
{
	return context;
}

static int start_thread(void)
{
	pthread_t t;
	int r = pthread_create(&t, NULL, nothing, NULL);

	return r ? r : pthread_join(t, NULL);
}

static int map_memory(void)
{
	return mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
			MAP_FAILED
		? errno
		: 0;
}

static int gain_privileges(void)
{
	return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? EPERM : 0;
}

#ifdef __x86_64__
/* getpid() of the x32 architecture, which may be switched off; that it would be allowed
 * shows in its number. */
static int call_other_architecture(void)
{
	long r = syscall(0x40000000 | SYS_getpid);

	return r < 0 ? errno : 0;
}
#endif

static void only_calls_that_a_mount_needs_are_answered(void **state)
{
	static const struct attempt all[] = {
		{ "execve", run_program, EPERM },
#ifndef SYSCALLS_LEAVE_PTRACE
		{ "ptrace", call_ptrace, EPERM },
#endif
		{ "process_vm_readv", call_vm, EPERM },
		{ "mount", call_mount, EPERM },
		{ "umount2", call_umount, EPERM },
		{ "unshare", call_unshare, EPERM },
		{ "clone into a namespace", call_clone_namespace, EPERM },
		{ "bpf", call_bpf, EPERM },
		{ "keyctl", call_keyctl, EPERM },
		{ "io_uring_setup", call_io_uring, EPERM },
		{ "perf_event_open", call_perf, EPERM },
		{ "init_module", call_module, EPERM },
		{ "a socket of packets", open_packet_socket, EAFNOSUPPORT },
		{ "typing into a terminal", type_into_terminal, EPERM },
#ifdef __x86_64__
		{ "a call of another architecture", call_other_architecture, EPERM },
#endif
		{ "an ioctl as usual", usual_ioctl, 0 },
		{ "sockets as usual", open_sockets, 0 },
		{ "a thread", start_thread, 0 },
		{ "memory", map_memory, 0 },
		{ "no new privileges", gain_privileges, EPERM },
	};

	(void)state;
	run_all(syscalls_deny, all, ARRAY_LEN(all));
}

/* Root without CAP_CHOWN. */
static int give_away(void)
{
	char path[SANDBOX_PATH];

	sandbox_path(confine_root, "own", path);
	return result(chown(path, 12345, 12345));
}

static int read_of_others(void)
{
	return open_as("foreign", O_RDONLY);
}

static void root_keeps_the_right_to_read_and_no_other(void **state)
{
	static const struct sandbox_file foreign = { "foreign", "x", 0 },
					 own = { "own", "x", 0 };
	static const struct attempt all[] = {
		{ "giving a file away", give_away, EPERM },
		{ "a file of another user", read_of_others, 0 },
	};
	char path[SANDBOX_PATH];

	(void)state;
	if (geteuid() != 0)
		skip();
	sandbox_write(confine_root, &foreign);
	sandbox_write(confine_root, &own);
	sandbox_path(confine_root, "foreign", path);
	assert_int_equal(chmod(path, 0600), 0);
	assert_int_equal(chown(path, 12345, 12345), 0);
	run_all(syscalls_drop_capabilities, all, ARRAY_LEN(all));
}

static int make_root(void **state)
{
	(void)state;
	sandbox_make(confine_root);
	return 0;
}

static int remove_root(void **state)
{
	(void)state;
	sandbox_remove(confine_root);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_calls_that_a_mount_needs_are_answered),
		cmocka_unit_test(root_keeps_the_right_to_read_and_no_other),
	};

	return cmocka_run_group_tests(tests, make_root, remove_root);
}
