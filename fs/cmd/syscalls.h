/* What the process may still ask of the kernel: a seccomp filter that denies what a mount
 * never needs. */
#ifndef FS_CMD_SYSCALLS_H
#define FS_CMD_SYSCALLS_H

#include "base/compiler.h"

/* LeakSanitizer stops the threads of its own process by ptrace. */
#if defined(__SANITIZE_ADDRESS__)
#define SYSCALLS_LEAVE_PTRACE 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SYSCALLS_LEAVE_PTRACE 1
#endif
#endif

/* Denied from here on, with EPERM: running programs; looking into processes; mounts and
 * namespaces; kernel modules, bpf, perf, io_uring, userfaultfd; keys; clocks; sockets
 * other than of the Internet, Unix and netlink; typing into a terminal. Without threads:
 * others would stay as they are. The process gains no privileges any more. 0;
 * -EOPNOTSUPP the kernel, or this architecture, has no filters; -errno. */
MUST_USE int syscalls_deny(void);
/* Of root's rights only those to read and write files are kept, and to look at callers;
 * for others nothing changes. 0; -errno. */
MUST_USE int syscalls_drop_capabilities(void);

#endif
