#include "fs/cmd/syscalls.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/span.h"

#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCH AUDIT_ARCH_AARCH64
#else
#define ARCH 0
#endif

/* Numbers since 5.2 are the same everywhere; headers may be older. */
enum {
	CALL_IO_URING_SETUP = 425,
	CALL_OPEN_TREE = 428,
	CALL_MOVE_MOUNT = 429,
	CALL_FSOPEN = 430,
	CALL_FSCONFIG = 431,
	CALL_FSMOUNT = 432,
	CALL_FSPICK = 433,
	CALL_CLONE3 = 435,
	CALL_PIDFD_GETFD = 438,
	CALL_PROCESS_MADVISE = 440,
	CALL_MOUNT_SETATTR = 442,
};

enum { X32_BIT = 0x40000000, PROGRAM_MAX = 400 };

static const uint16_t denied[] = {
	/* Programs */
	SYS_execve,
	SYS_execveat,
/* Other processes */
#ifndef SYSCALLS_LEAVE_PTRACE
	SYS_ptrace,
#endif
	SYS_process_vm_readv,
	SYS_process_vm_writev,
	SYS_kcmp,
	CALL_PIDFD_GETFD,
	CALL_PROCESS_MADVISE,
	/* Mounts and namespaces */
	SYS_mount,
	SYS_umount2,
	SYS_pivot_root,
	SYS_chroot,
	SYS_setns,
	CALL_OPEN_TREE,
	CALL_MOVE_MOUNT,
	CALL_FSOPEN,
	CALL_FSCONFIG,
	CALL_FSMOUNT,
	CALL_FSPICK,
	CALL_MOUNT_SETATTR,
	SYS_open_by_handle_at,
	SYS_mknodat,
	/* The kernel itself */
	SYS_init_module,
	SYS_finit_module,
	SYS_delete_module,
	SYS_kexec_load,
#ifdef SYS_kexec_file_load
	SYS_kexec_file_load,
#endif
	SYS_bpf,
	SYS_perf_event_open,
	SYS_userfaultfd,
	CALL_IO_URING_SETUP,
	SYS_reboot,
	SYS_swapon,
	SYS_swapoff,
	SYS_acct,
	SYS_quotactl,
	SYS_syslog,
	SYS_sethostname,
	SYS_setdomainname,
	SYS_settimeofday,
	SYS_clock_settime,
	SYS_clock_adjtime,
	SYS_adjtimex,
	SYS_vhangup,
	/* The kernel's keys */
	SYS_add_key,
	SYS_request_key,
	SYS_keyctl,
#ifdef __x86_64__
	SYS_mknod,
	SYS_iopl,
	SYS_ioperm,
	SYS_modify_ldt,
#endif
};

struct program {
	struct sock_filter lines[PROGRAM_MAX];
	unsigned short count;
};

static void add(struct program *p, uint16_t code, uint32_t value)
{
	p->lines[p->count++] = (struct sock_filter){ .code = code, .k = value };
}

/* Skips so many lines if it is, or if it is not. */
static void jump(struct program *p, uint16_t how, uint32_t value, uint8_t yes, uint8_t no)
{
	p->lines[p->count++] = (struct sock_filter){
		.code = (uint16_t)(BPF_JMP | how | BPF_K), .jt = yes, .jf = no, .k = value
	};
}

static void load(struct program *p, size_t offset)
{
	add(p, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset);
}

static void answer(struct program *p, uint32_t error)
{
	add(p, BPF_RET | BPF_K,
		error ? SECCOMP_RET_ERRNO | error : (uint32_t)SECCOMP_RET_ALLOW);
}

/* The low half, which is what the kernel looks at of all of these. */
static void load_argument(struct program *p, size_t number)
{
	const size_t low = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? 0 : 4;

	load(p, offsetof(struct seccomp_data, args) + 8 * number + low);
}

/* The next so many lines are for that call; the last of them answers. */
static void begin_call(struct program *p, uint32_t number, uint8_t lines)
{
	jump(p, BPF_JEQ, number, 0, lines);
}

static void add_socket(struct program *p)
{
	static const uint16_t families[] = { AF_UNIX, AF_INET, AF_INET6, AF_NETLINK };
	const uint8_t count = ARRAY_LEN(families);

	begin_call(p, SYS_socket, (uint8_t)(count + 3));
	load_argument(p, 0);
	for (uint8_t i = 0; i < count; i++)
		jump(p, BPF_JEQ, families[i], (uint8_t)(count - i), 0);
	answer(p, EAFNOSUPPORT);
	answer(p, 0);
}

static void add_ioctl(struct program *p)
{
	begin_call(p, SYS_ioctl, 5);
	load_argument(p, 1);
	jump(p, BPF_JEQ, TIOCSTI, 2, 0);
	jump(p, BPF_JEQ, TIOCLINUX, 1, 0);
	answer(p, 0);
	answer(p, EPERM);
}

/* Threads, but no namespaces. What clone3() is asked for stands in memory, where a filter
 * cannot look; without it libc takes clone(). */
static void add_clone(struct program *p)
{
	const uint32_t namespaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS |
		CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;

	begin_call(p, CALL_CLONE3, 1);
	answer(p, ENOSYS);
	begin_call(p, SYS_clone, 4);
	load_argument(p, 0);
	jump(p, BPF_JSET, namespaces, 1, 0);
	answer(p, 0);
	answer(p, EPERM);
}

/* Descriptors of its own are what a thread may have (service.h). */
static void add_unshare(struct program *p)
{
	begin_call(p, SYS_unshare, 4);
	load_argument(p, 0);
	jump(p, BPF_JEQ, CLONE_FILES, 0, 1);
	answer(p, 0);
	answer(p, EPERM);
}

static void write_program(struct program *p)
{
	/* Numbers mean other calls to other architectures. */
	load(p, offsetof(struct seccomp_data, arch));
	jump(p, BPF_JEQ, ARCH, 1, 0);
	answer(p, EPERM);
	load(p, offsetof(struct seccomp_data, nr));
#ifdef __x86_64__
	jump(p, BPF_JGE, X32_BIT, 0, 1);
	answer(p, EPERM);
#endif
	for (size_t i = 0; i < ARRAY_LEN(denied); i++) {
		begin_call(p, denied[i], 1);
		answer(p, EPERM);
	}
	add_socket(p);
	add_ioctl(p);
	add_clone(p);
	add_unshare(p);
	answer(p, 0);
}

_Static_assert(2 * ARRAY_LEN(denied) + 40 < PROGRAM_MAX, "the filter has its place");

int syscalls_deny(void)
{
	struct program p = { .count = 0 };
	struct sock_fprog filter = { .filter = p.lines };

	if (ARCH == 0)
		return -EOPNOTSUPP;
	write_program(&p);
	filter.len = p.count;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter) < 0)
		return errno == ENOSYS || errno == EINVAL ? -EOPNOTSUPP : -errno;
	return 0;
}

int syscalls_drop_capabilities(void)
{
	/* SYS_PTRACE: /proc may show other users' processes to nobody else (hidepid). */
	const uint32_t kept =
		1U << CAP_DAC_OVERRIDE | 1U << CAP_DAC_READ_SEARCH | 1U << CAP_SYS_PTRACE;
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &head, data) < 0)
		return -errno;
	for (size_t i = 0; i < ARRAY_LEN(data); i++) {
		const uint32_t mask = i == 0 ? kept : 0;

		data[i].effective &= mask;
		data[i].permitted &= mask;
		data[i].inheritable = 0;
	}
	return syscall(SYS_capset, &head, data) < 0 ? -errno : 0;
}
