#!/bin/bash
# Runs a Python script as root in a copy of this system, of which nothing is kept:
#
#   unshare --mount --pid --fork --kill-child tests/package/root.sh FOLDER SCRIPT
#   unshare --mount --pid --uts --ipc --cgroup --fork --kill-child \
#       tests/package/root.sh FOLDER SCRIPT systemd
#
# FOLDER is /run/package there; /run/changed is what differs from the system as it is. All that
# the script began and mounted ends with it. In the second form systemd runs the copy, as it does
# a container, and the script as one of its services; what it prints is in FOLDER/said.
set -eu

folder=$1 script=$2 init=${3:-}
here=$folder.system
mkdir "$here"
mount -t tmpfs -o mode=755 costfs-root "$here"
mkdir "$here/changed" "$here/work" "$here/root"
mount -t overlay -o "lowerdir=/,upperdir=$here/changed,workdir=$here/work" overlay "$here/root"
cd "$here/root"
mount -t proc proc proc
mount --bind /sys sys
mount -t tmpfs -o mode=755 dev dev
mount -t tmpfs -o mode=755 run run
mount -t tmpfs -o mode=1777 tmp tmp
mkdir -p run/package run/changed run/systemd/system run/lock
mount --bind "$folder" run/package
mount --bind "$here/changed" run/changed
for device in null:3 zero:5 full:7 random:8 urandom:9; do
    mknod -m 666 "dev/${device%:*}" c 1 "${device#*:}"
done
mknod -m 666 dev/fuse c 10 229

# What a boot would do to the kernel, which is everybody's, is left out.
prepare_boot() {
    mkdir dev/pts dev/shm
    mount -t devpts -o newinstance,ptmxmode=0666 devpts dev/pts
    ln -s pts/ptmx dev/ptmx
    mount -t tmpfs -o mode=755 sys sys
    mkdir -p sys/fs/cgroup sys/fs/fuse/connections
    mount -t cgroup2 cgroup2 sys/fs/cgroup
    mount --bind proc/sys proc/sys
    mount -o remount,bind,ro proc/sys
    mkdir -p etc/systemd/system
    for unit in timers.target systemd-journald-audit.socket systemd-udevd.service \
        systemd-modules-load.service dev-hugepages.mount; do
        ln -sf /dev/null "etc/systemd/system/$unit"
    done
    [ -s etc/machine-id ] || tr -d - </proc/sys/kernel/random/uuid >etc/machine-id
    cat >etc/systemd/system/package.service <<END
[Unit]
Wants=basic.target dbus.socket
After=basic.target dbus.socket
[Service]
Type=oneshot
TimeoutStartSec=600
Environment=HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive
StandardOutput=append:/run/package/said
StandardError=inherit
ExecStart=python3 -B /run/package/$script
ExecStopPost=/bin/systemctl --force --force poweroff
END
}

if [ "$init" = systemd ]; then
    prepare_boot
    exec chroot . env -i container=costfs PATH=/usr/sbin:/usr/bin:/sbin:/bin \
        /lib/systemd/systemd --system --unit=package.service --show-status=no
fi
exec chroot . env -i HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    python3 -B "/run/package/$script"
